"""Code that task programs run: files beside them, each input in isolation."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from polytask.isolation import Limits, Rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from polytask.planning.programs.values import Json


@dataclass(frozen=True)
class Code:
    """A file of Python with a function `main(inputs)`; it runs in isolation alone.

    Args:
        file: Its name, as the program names it.
        text: Its text.
    """

    file: str
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 of its text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass
class Coding:
    """Runs the code of a program; a context, within which one process a file is kept.

    Args:
        codes: The files.
        limits: What one input may use.
    """

    codes: Sequence[Code]
    limits: Limits
    _opened: dict[str, Rows] = field(default_factory=dict)
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def __enter__(self) -> Coding:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._stack.close()

    def __call__(self, file: str, inputs: Sequence[Any]) -> list[Json | Exception]:
        """What `main` of a file returns for each of `inputs`, or the error in its place.

        Raises:
            MissingError: The machine has no way to shut code in.
        """
        if file not in self._opened:
            text = next(code.text for code in self.codes if code.file == file)
            rows = Rows(file, text, self.limits)
            self._opened[file] = self._stack.enter_context(rows)
        return self._opened[file].answer(inputs)
