"""What a task program did for a row, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from polytask.planning.programs.values import brief, told

if TYPE_CHECKING:
    from polytask.planning.programs.values import Json


@dataclass(frozen=True)
class Step:
    """What a program did on its way to an answer.

    Args:
        line: Line of the program; 0 where it is not known.
        word: "predict", "ask", "run_code" or "print".
        task: The task that was asked or the file that was run; else "".
        given: What it was asked for; an image is shown by its name.
        answer: What came back: the answer, or {"error": text}; the text that was printed.
    """

    line: int
    word: str
    task: str
    given: Json
    answer: Json

    def __str__(self) -> str:
        """One line for a person."""
        if self.word == "print":
            return f"print: {self.answer}"
        about = f"{self.task!r}, " if self.task else ""
        return f"line {self.line}: {self.word}({about}{brief(self.given)}) → {told(self.answer)}"


@dataclass(frozen=True)
class Answered:
    """What a program returned for a row.

    Args:
        value: Plain data; `None` where it is not sure, or has no answer.
        reason: Why there is none: the error, or the part of the budget that was used up; "" where
            the program returned in order.
        calls: How often it asked a task, a program or a language model, or ran code.
        steps: Its trace, where one was kept.
    """

    value: Json
    reason: str = ""
    calls: int = 0
    steps: tuple[Step, ...] = ()

    def lines(self) -> list[str]:
        """The trace for a person: a line a step, and what came of it."""
        end = f"no answer: {self.reason}" if self.reason else f"returned {brief(self.value)}"
        return [*map(str, self.steps), end]
