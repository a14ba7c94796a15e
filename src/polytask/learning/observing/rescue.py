"""Rescue: go back and on more slowly where a training falls apart."""

from __future__ import annotations

import math
from dataclasses import dataclass

from polytask.learning.observing.observer import Change, Observer, Seen, points, within


@dataclass(frozen=True)
class Rescue(Observer):
    """Go back to the best numbers, with lower rates, where dev falls far or a loss is no number.

    The moments of the optimiser begin anew. (Going back to the best state
    and on with less noise: Smith et al., Don't Decay the Learning Rate, 2018, arXiv 1711.00489,
    on what the step does; the rule itself is of long standing.)

    Args:
        fall: By how much the mean quality on dev falls below its best, in fractions.
        factor: What the rates are multiplied by: above 0 and below 1.

    Raises:
        ConfigError: A value out of range.

    >>> from polytask.learning.observing.observer import Seen
    >>> Rescue().look(Seen(5, [0.7, 0.2], [], [{"a": 0.5}] * 2)).back
    True
    """

    fall: float = 0.05
    factor: float = 0.3

    def __post_init__(self) -> None:
        within("fall", self.fall, 0, 1)
        within("factor", self.factor, 0, 1)

    def look(self, seen: Seen) -> Change | None:
        """Go back where the latest epoch was a disaster."""
        if seen.means.index(seen.best) + 1 == seen.epoch:  # there is nothing better to go back to
            return None
        broken = [task for task, loss in seen.losses[-1].items() if not math.isfinite(loss)]
        fell = seen.best - seen.means[-1]
        if broken:
            why = f"the loss of {', '.join(broken)} is no finite number"
        elif fell > self.fall:
            why = f"dev fell by {points(fell)} points from {points(seen.best)}"
        else:
            return None
        reason = f"{why}: back to the best numbers, learning rates × {self.factor:g}"
        return Change(reason, rate=self.factor, back=True)
