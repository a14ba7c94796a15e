"""Budgets: how much time a run may take, and how much of it is left.

The clock decides only whether the next operation starts (and, at the last, a kill); it never
shortens a schedule, so that more budget runs a longer prefix of the same candidates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from polytask._errors import BudgetError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

SMALLEST = 5.0
"""Seconds below which no run can read its data, fit one part and write a report."""

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0}
_PART = r"(\d+(?:\.\d+)?)"
_SHORT = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s)")
_FORM = re.compile(rf"(?:{_PART}h)?\s*(?:{_PART}m(?:in)?)?\s*(?:{_PART}s(?:ec)?)?")


class OutOfTime(Exception):  # noqa: N818  # not an error: the budget ended, and that is a fact
    """An operation could not be carried out within the budget; ends the plan, not the run."""


@dataclass(frozen=True)
class Budget:
    """Seconds a run may take, from command to written report.

    Args:
        seconds: The whole, greater than 0.
        reserve: What is set aside for the final evaluation and the report; `None` takes 5 %, at
            least 2 and at most 60 seconds, and never more than a third of the whole.

    Raises:
        ConfigError: A value outside its range.

    >>> Budget(300.0).for_operations
    285.0
    """

    seconds: float
    reserve: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.seconds < float("inf"):
            raise ConfigError(f"`seconds` of a budget is above 0; found {self.seconds!r}")
        if self.reserve is None:
            usual = min(60.0, max(2.0, 0.05 * self.seconds))
            object.__setattr__(self, "reserve", min(usual, self.seconds / 3))
        elif not 0 <= self.reserve < self.seconds:
            raise ConfigError(
                f"`reserve` lies between 0 and the whole budget ({self.seconds:g} s); "
                f"found {self.reserve!r}"
            )

    @property
    def for_operations(self) -> float:
        """Seconds that operations may use: the whole less the reserve."""
        return self.seconds - self.set_aside

    @property
    def set_aside(self) -> float:
        """Seconds of the reserve."""
        return self.reserve or 0.0

    @property
    def tolerance(self) -> float:
        """Seconds by which a run may exceed its budget: the larger of 5 % and 10 s."""
        return max(0.05 * self.seconds, 10.0)

    def require(self, needed: float, why: str = "reading the data and one quick model") -> None:
        """Refuse a budget that is too small for anything.

        Args:
            needed: The smallest number of seconds with which a run ends in a model.
            why: What takes them.

        Raises:
            BudgetError: The message names the smallest budget.

        >>> Budget(3.0).require(20.0)
        Traceback (most recent call last):
        ...
        polytask._errors.BudgetError: A budget of 3s is too small: reading the data and one quick
        model take about 20s; the smallest budget for this data is --budget 20s
        """
        smallest = max(needed, SMALLEST)
        if self.seconds < smallest:
            least = show(-(-smallest // 1))
            raise BudgetError(
                f"A budget of {show(self.seconds)} is too small: {why} take about {least}; "
                f"the smallest budget for this data is --budget {least}"
            )

    def __str__(self) -> str:
        return show(self.seconds)


def parse(text: str | float) -> Budget:
    """Read a budget: "5m", "90s", "1h30m", "1.5h", or plain seconds.

    Raises:
        ConfigError: Not a length of time, or not above zero.

    >>> parse("1h30m").seconds, parse("90").seconds, parse(45).seconds
    (5400.0, 90.0, 45.0)
    """
    written = str(text).strip().lower().replace(" ", "")
    found = _FORM.fullmatch(written)
    try:
        if found and any(found.groups()):
            hours, minutes, seconds = (float(part or 0.0) for part in found.groups())
            total = hours * 3600 + minutes * 60 + seconds
        else:
            total = float(written)
        return Budget(total)
    except (ValueError, ConfigError) as error:
        raise ConfigError(
            f"A budget is a time above zero such as 90s, 5m or 1h30m; found {str(text)!r}"
        ) from error


def milliseconds(text: str) -> float:
    """Read how long one row may take: "20ms", "0.5s".

    Raises:
        ConfigError: Without its unit, or not above zero.

    >>> milliseconds("20ms"), milliseconds("0.5 s")
    (20.0, 500.0)
    """
    found = _SHORT.fullmatch(str(text).strip().lower())
    value = float(found[1]) * (1.0 if found[2] == "ms" else 1000.0) if found else 0.0
    if not 0 < value < float("inf"):
        raise ConfigError(
            "The time of one row is above zero and has its unit, such as 20ms or 0.5s; "
            f"found {str(text)!r}"
        )
    return value


def show(seconds: float) -> str:
    """A length of time as `parse` reads it and a person says it.

    >>> show(5400), show(90), show(2.5), show(300)
    ('1h30m', '1m30s', '2.5s', '5m')
    """
    if seconds < 60:
        return f"{seconds:.3g}s"
    whole, shown = round(seconds), ""
    for unit, size in _UNITS.items():
        number, whole = divmod(whole, int(size))
        shown += f"{number}{unit}" if number else ""
    return shown


@dataclass(frozen=True)
class Clock:
    """What is left of a budget.

    Args:
        budget: The budget.
        used: Gives the active seconds so far, over all sessions (`lambda: journal.used`).
    """

    budget: Budget
    used: Callable[[], float]

    def left(self) -> float:
        """Seconds left for operations, never below 0; the reserve is set aside."""
        return max(0.0, self.budget.for_operations - self.used())

    def left_in_all(self) -> float:
        """Seconds left until the report must be written, never below 0."""
        return max(0.0, self.budget.seconds - self.used())
