"""A language model that task programs may ask, and what it has answered: the same, once asked.

What it answered is kept by prompt and model, so a program that is run again gets the same texts,
also where the model is not there any more. It gets what a program writes into a prompt and nothing
else; what it answers is a text in the program's sandbox and can start nothing.
"""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from polytask.planning.chat import NoAnswer
from polytask.planning.chat.exchanges import key_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.planning.chat import Chat, Message

SECONDS = 60.0
"""How long one answer is waited for."""
LONGEST = 1000
"""Tokens that an answer may have."""
_TOGETHER = 4
_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)


@dataclass
class Adviser:
    """Answers prompts of task programs.

    Args:
        model: The name of the model.
        known: What it has answered, by `key_of([model, prompt])`.
        chat: Asks it; `None` where there are only the answers that are known.
        missing: Why there is nobody to ask, then.
        seconds: By the clock for all prompts of this process.
    """

    model: str = ""
    known: dict[str, str] = field(default_factory=dict)
    chat: Chat | None = None
    missing: str = "there is no language model to ask (--llm)"
    seconds: float = float("inf")

    def __call__(self, prompts: Sequence[str]) -> list[str | Exception]:
        """A text for each of `prompts`, or an error that says why there is none."""
        fresh = [prompt for prompt in dict.fromkeys(prompts) if self._key(prompt) not in self.known]
        refused: dict[str, Exception] = {}
        if fresh:
            began = time.monotonic()
            # A model in a file answers one question at a time.
            alone = self.chat is not None and bool(self.chat.server.file)
            with ThreadPoolExecutor(1 if alone else _TOGETHER) as together:
                for prompt, found in zip(fresh, together.map(self._ask, fresh), strict=True):
                    if isinstance(found, Exception):
                        refused[prompt] = found
                    else:
                        self.known[self._key(prompt)] = found
            self.seconds -= time.monotonic() - began
        return [refused.get(prompt) or self.known[self._key(prompt)] for prompt in prompts]

    def learn(self, messages: Sequence[Message], text: str) -> None:
        """Take an answer that was given before; one to anything but a program's prompt is none."""
        if len(messages) == 1:
            self.known.setdefault(self._key(messages[0]["content"]), _said(text))

    def _ask(self, prompt: str) -> str | Exception:
        if self.chat is None:
            return ValueError(self.missing)
        if self.seconds <= 0:
            return ValueError("the time for asking the language model is used up (--budget)")
        try:
            found = self.chat.ask(
                self._messages(prompt), seconds=min(SECONDS, self.seconds), longest=LONGEST
            )
        except NoAnswer as error:
            return ValueError(f"the language model gave no answer: {error}")
        return _said(found.text)

    def _messages(self, prompt: str) -> list[Message]:
        return [{"role": "user", "content": self._clean(prompt)}]

    def _clean(self, prompt: str) -> str:
        """The prompt without the key, should a row hold it."""
        key = self.chat.server.key if self.chat is not None else ""
        return prompt.replace(key, "[key]") if key else prompt

    def _key(self, prompt: str) -> str:
        return key_of([self.model, self._clean(prompt)])


def _said(text: str) -> str:
    """An answer without what the model thought before it."""
    return _THOUGHT.sub("", text).strip()
