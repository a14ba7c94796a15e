"""Reweight: more weight for a task that others push back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from polytask._errors import ConfigError
from polytask.learning.observing.observer import (
    Change,
    Observer,
    Seen,
    plain_sum,
    points,
    within,
)

if TYPE_CHECKING:
    from polytask.learning.settings import Settings


@dataclass(frozen=True)
class Reweight(Observer):
    """Count the loss of a task for more once it falls behind its own best on dev.

    One that fell while the mean rose pays for the others. (Guo et al., Dynamic Task
    Prioritization, 2018, weighs what is still hard; here it is what is lost again.)

    Args:
        fall: By how much a task falls below its own best on dev, in fractions.
        factor: What its loss is multiplied by then: above 1.
        most: Largest weight of a task.

    Raises:
        ConfigError: A value out of range.

    >>> from polytask.learning.observing.observer import Seen
    >>> gaps = [{"a": 0.2, "b": 0.5}, {"a": 0.3, "b": 0.3}]
    >>> Reweight().look(Seen(5, [0.65, 0.7], gaps, [])).weights
    {'a': 2.0}
    """

    fall: float = 0.01
    factor: float = 2.0
    most: float = 4.0

    def __post_init__(self) -> None:
        within("fall", self.fall, 0, 1)
        within("factor", self.factor, 1, 1000)
        if self.most < self.factor:
            raise ConfigError(f"`most` is at least `factor`, {self.factor:g}; found {self.most!r}")

    def look(self, seen: Seen) -> Change | None:
        """Raise the weight of every task that fell, as far as `most` allows."""
        fallen = {
            task: gap - min(one.get(task, gap) for one in seen.gaps)
            for task, gap in seen.gaps[-1].items()
        }
        raised = {
            task: fell
            for task, fell in fallen.items()
            if fell > self.fall and 0 < seen.weight(task) * self.factor <= self.most
        }
        if not raised or len(fallen) < 2:
            return None
        told = ", ".join(f"{task} fell by {points(fell)} points" for task, fell in raised.items())
        weights = dict.fromkeys(raised, self.factor)
        return Change(f"{told} from its best on dev: its loss × {self.factor:g}", weights=weights)

    def check(self, settings: Settings) -> None:
        """Refuse a balancer that decides by itself what a task counts.

        Raises:
            ConfigError: Another balancer than Equal.
        """
        plain_sum(self, settings)
