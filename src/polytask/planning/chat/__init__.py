"""Talking to a language model: an address that speaks the chat protocol, or a file that a process
of this machine answers from; asked within a budget.

Knows nothing of plans or tasks: messages go out, a text comes back, or a reason why none did. What
was asked and answered is kept, so that nothing is asked twice.
"""

from polytask.planning.chat.asking import Answer, Chat
from polytask.planning.chat.exchanges import Exchanges
from polytask.planning.chat.messages import Message, NoAnswer
from polytask.planning.chat.server import Server

__all__ = ["Answer", "Chat", "Exchanges", "Message", "NoAnswer", "Server"]
