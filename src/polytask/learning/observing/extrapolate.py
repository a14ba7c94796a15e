"""Extrapolate: stop where the learning curve promises nothing more."""

from __future__ import annotations

import math
from dataclasses import dataclass

from polytask._errors import ConfigError
from polytask.learning.observing.observer import Change, Observer, Seen, points


@dataclass(frozen=True)
class Extrapolate(Observer):
    """Stop once the curve on dev, gone on with, would not pass its best by more than `gain`.

    The last three epochs are taken for a curve whose steps shrink by the same factor each time;
    its value at the last epoch is the sum of that series. (The idea: Domhan et al., Speeding Up
    Automatic Hyperparameter Optimization by Extrapolation of Learning Curves, 2015; the series:
    Aitken, 1927.)

    Args:
        gain: What the epochs left must promise, in fractions.

    Raises:
        ConfigError: `gain` below 0.

    >>> from polytask.learning.observing.observer import Seen
    >>> Extrapolate().look(Seen(20, [0.5, 0.6, 0.602], [], [])).stop
    True
    >>> Extrapolate().look(Seen(20, [0.5, 0.6, 0.69], [], [])) is None
    True
    """

    gain: float = 0.002

    def __post_init__(self) -> None:
        if not 0 <= self.gain < 1:
            raise ConfigError(f"`gain` is at least 0 and below 1; found {self.gain!r}")

    def look(self, seen: Seen) -> Change | None:
        """Stop where too little is expected."""
        if seen.epoch < 3 or not all(math.isfinite(value) for value in seen.means[-3:]):
            return None
        left = seen.epochs - seen.epoch
        first, second, third = seen.means[-3:]
        expected = forecast(first, second, third, left)
        if expected > seen.best + self.gain:
            return None
        reason = (
            f"dev at {points(seen.means[-1])} would come to {points(expected)} in the {left} "
            f"epochs left, its best is {points(seen.best)}: stopped"
        )
        return Change(reason, stop=True)


def forecast(first: float, second: float, third: float, steps: int) -> float:
    """The value of a geometric curve through three values, `steps` after the third.

    A step in the other direction than the one before ends the curve; one that grows counts as one
    that stays as it is.

    >>> round(forecast(0.0, 0.5, 0.75, 2), 4)
    0.9375
    >>> forecast(0.5, 0.7, 0.6, 9)
    0.6
    """
    before, latest = second - first, third - second
    if before == 0 or latest / before <= 0:
        return third
    ratio = min(1.0, latest / before)
    return third + latest * sum(ratio**step for step in range(1, steps + 1))
