"""Axes: a range of values with its ticks, and where a value falls in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Scale:
    """An axis, linear or widened towards 1.

    Args:
        low: Value at its start.
        high: Value at its end.
        ticks: Values to mark.
        widened: Fractions near 1 get more room: a position goes with −log(1.05 − value), so that
            98 and 99 of 100 stand apart although a floor of 20 is on the same axis.
    """

    low: float
    high: float
    ticks: tuple[float, ...] = ()
    widened: bool = False

    def at(self, value: float) -> float:
        """Where `value` falls: 0 at the start, 1 at the end; values beyond are kept at the end.

        >>> Scale(0.0, 10.0).at(2.5), Scale(0.0, 10.0).at(99)
        (0.25, 1.0)
        """
        if self.high <= self.low:
            return 0.5
        start, end, here = (self._map(v) for v in (self.low, self.high, value))
        return min(1.0, max(0.0, (here - start) / (end - start)))

    def holds(self, value: float) -> bool:
        """Whether `value` lies in the range."""
        return self.low <= value <= self.high

    def _map(self, value: float) -> float:
        return -math.log(1.05 - min(1.0, value)) if self.widened else value


def fractions(values: Iterable[float | None]) -> Scale:
    """A widened axis for fractions, from the mark below the lowest of them up to 1.

    >>> fractions([0.55, 0.98])
    Scale(low=0.5, high=1.0, ticks=(0.5, 0.8, 0.9, 0.95, 1.0), widened=True)
    """
    lowest = min((value for value in values if value is not None), default=0.0)
    marks = (-1.0, -0.5, 0.0, 0.5, 0.8, 0.9, 0.95, 1.0)
    ticks = marks[max(i for i, mark in enumerate(marks[:-3]) if mark <= lowest or i == 0) :]
    return Scale(ticks[0], 1.0, ticks, widened=True)


def scale(values: Iterable[float | None], *, most: int = 5, pad: float = 0.0) -> Scale:
    """A round linear axis over all finite `values`.

    Args:
        values: What must fit.
        most: Upper limit of ticks.
        pad: Share of the range added at both ends before rounding.

    >>> scale([0.13, 0.98])
    Scale(low=0.0, high=1.0, ticks=(0.0, 0.25, 0.5, 0.75, 1.0), widened=False)
    >>> scale([])
    Scale(low=0.0, high=1.0, ticks=(0.0, 0.25, 0.5, 0.75, 1.0), widened=False)
    """
    known = [value for value in values if value is not None and math.isfinite(value)] or [0.0, 1.0]
    low, high = min(known), max(known)
    if high - low <= 1e-9 * max(abs(low), abs(high)):  # narrower than ticks can tell apart
        low, high = low - (abs(low) or 1) * 0.05, high + (abs(high) or 1) * 0.05
    width = (high - low) * (1 + 2 * pad)
    low, high = low - (high - low) * pad, high + (high - low) * pad
    step = _step(width, most - 1)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(float(f"{i * step:.12g}") for i in range(first, last + 1))
    return Scale(ticks[0], ticks[-1], ticks)


def _step(width: float, most: int) -> float:
    rough = width / max(1, most)
    power = 10.0 ** math.floor(math.log10(rough))
    for factor in (1, 2, 2.5, 5, 10):
        if factor * power >= rough * (1 - 1e-9):
            return factor * power
    return 10 * power
