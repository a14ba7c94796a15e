"""What goes to a language model, and what stands for an answer that did not come."""

from __future__ import annotations

from typing import TypedDict


class Message(TypedDict):
    """One turn: `role` is "system", "user" or "assistant"."""

    role: str
    content: str


class NoAnswer(Exception):  # noqa: N818  # not an error of the run: it goes on without the model
    """The model gave no text; the message says why, without the key."""
