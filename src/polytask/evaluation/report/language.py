"""What a report says of a language model: what it was used for, and how well prompting it does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Prompted:
    """A task answered by prompting a language model, on some of the test rows.

    Args:
        task: The task.
        shots: Examples in the prompt, training rows; 0 for none.
        rows: Test rows that were answered.
        metric: What is measured; the task's own but where that needs probabilities.
        value: The metric, with `low` and `high`; `None` without rows.
        outside: Answers that are no answer to the task (no such label, no number); each counts as
            wrong, for a regression as the mean of training.
        cost: Of 1,000 rows at the prices given, or `None`.
        reason: Why fewer rows were answered than were meant, or none.
    """

    task: str
    shots: int
    rows: int
    metric: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    outside: int = 0
    cost: float | None = None
    reason: str = ""

    @property
    def name(self) -> str:
        """The key of its milliseconds in `Timing.prompted`.

        >>> Prompted("mood", 0, 10, "accuracy").name
        'mood, zero-shot'
        """
        return f"{self.task}, {f'{self.shots} shots' if self.shots else 'zero-shot'}"


@dataclass(frozen=True)
class LanguageModel:
    """The language model of a run.

    Args:
        model: Its name.
        address: Where it was asked.
        asked: How often it was asked for a plan.
        tried: How many of its plans passed the check and were tried.
        used: The tasks whose part in the delivered model a plan of it trained.
        chose: What tasks it chose for the user's goal, in a sentence; "" where it was not asked.
        answered: How many prompts of task programs it answered.
        tokens: Tokens sent and written in all.
        cost: Their cost at the prices given, or `None`.
        shared: Whether it was shown training rows.
        prompted: The tasks answered by prompting it.
    """

    model: str
    address: str
    asked: int = 0
    tried: int = 0
    used: tuple[str, ...] = ()
    chose: str = ""
    answered: int = 0
    tokens: int = 0
    cost: float | None = None
    shared: bool = False
    prompted: tuple[Prompted, ...] = ()
