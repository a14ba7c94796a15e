"""What was asked of a language model and what it answered: kept, so that nothing is asked twice."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from polytask.planning.chat.server import Server

_COUNTED = ("sent", "written")


@dataclass
class Exchanges:
    """Answers by key, one JSON line each in a file that only grows.

    Args:
        path: The file; `None` keeps them in memory.

    Attributes:
        found: By key `{messages, text, sent, written, seconds}`.
    """

    path: Path | None = None
    found: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.path is None or not self.path.is_file():
            return
        for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                one = json.loads(line)
                self.found[str(one.pop("key"))] = one
            except (ValueError, AttributeError, KeyError):
                continue  # a line that a killed process did not finish: it is asked again

    @property
    def tokens(self) -> int:
        """Tokens used so far, sent and written."""
        # A copy: programs ask several questions at once.
        return sum(int(one[k]) for one in tuple(self.found.values()) for k in _COUNTED)

    def cost(self, server: Server) -> float | None:
        """What they cost at the prices of `server`; `None` where these are unknown."""
        sent, written = (sum(int(one[k]) for one in self.found.values()) for k in _COUNTED)
        return server.cost(sent, written)

    def add(self, key: str, facts: dict[str, Any]) -> None:
        """Keep an answer; durable when this returns."""
        self.found[key] = facts
        if self.path is not None:
            self._append({"key": key, **facts})

    def move(self, path: Path) -> None:
        """Write all that was kept in memory to `path`, and what comes behind it; nothing yet if
        there is nothing.
        """
        self.path = path
        for key, facts in self.found.items():
            self._append({"key": key, **facts})

    def _append(self, facts: dict[str, Any]) -> None:
        assert self.path is not None
        with self.path.open("a", encoding="utf-8") as file:
            # The line end comes first: it closes a line that a killed process did not finish.
            file.write("\n" + json.dumps(facts, ensure_ascii=False))
            file.flush()
            os.fsync(file.fileno())


def key_of(question: Any) -> str:
    """A hash of a question in plain data (32 hex digits)."""
    text = json.dumps(question, ensure_ascii=False, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
