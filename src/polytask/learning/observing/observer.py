"""The base of observers: one question, `look`: what to change after what was measured."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from polytask._errors import ConfigError
from polytask.learning.balancing.equal import Equal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from polytask.learning.settings import Settings


@dataclass(frozen=True)
class Change:
    """What is different from the next epoch on.

    Args:
        reason: A sentence with the figures that led to it; it goes into the report.
        rate: Factor of all learning rates.
        weights: By task the factor of its loss; 0 drops it.
        layers: How many more upper layers are trained.
        back: Whether the numbers go back to those that were best on dev.
        stop: Whether this epoch was the last.
    """

    reason: str
    rate: float = 1.0
    weights: Mapping[str, float] = field(default_factory=dict)
    layers: int = 0
    back: bool = False
    stop: bool = False


def weight(changes: Iterable[tuple[int, Change]], task: str) -> float:
    """What the loss of a task counts after `changes`.

    >>> weight([(1, Change("", weights={"a": 2.0})), (2, Change("", weights={"a": 0.5}))], "a")
    1.0
    """
    return math.prod(change.weights.get(task, 1.0) for _, change in changes)


@dataclass(frozen=True)
class Seen:
    """A training after an epoch.

    Args:
        epochs: How many there are at most.
        means: By finished epoch the mean quality on dev, higher is better; perfect is 1 for
            fractions, 0 for errors, which count in deviations of their targets. Minus infinity
            where a metric was undefined.
        gaps: By finished epoch, by task what it lacked to perfection on dev: 0 for perfect.
        losses: By finished epoch, by task its mean training loss.
        changes: What was changed so far, each with the number of epochs finished then.
    """

    epochs: int
    means: Sequence[float]
    gaps: Sequence[Mapping[str, float]]
    losses: Sequence[Mapping[str, float]]
    changes: Sequence[tuple[int, Change]] = ()

    @property
    def epoch(self) -> int:
        """How many epochs are finished."""
        return len(self.means)

    @property
    def best(self) -> float:
        """The best mean quality so far."""
        return max(self.means)

    @property
    def changed(self) -> int:
        """How many epochs were finished at the last change; 0 before any."""
        return self.changes[-1][0] if self.changes else 0

    def weight(self, task: str) -> float:
        """What the loss of a task counts now.

        >>> Seen(3, [0.5], [], [], [(1, Change("", weights={"a": 2.0}))]).weight("a")
        2.0
        """
        return weight(self.changes, task)

    def since_best(self) -> int:
        """Epochs since the best one or since the last change, whichever was later.

        >>> Seen(9, [0.5, 0.7, 0.6, 0.7], [], []).since_best()
        2
        """
        return self.epoch - max(self.means.index(self.best) + 1, self.changed)


class Observer(ABC):
    """Watches a training and changes it for reasons that were measured.

    Subclasses are frozen dataclasses. `look` depends on its argument alone, so that a training
    that goes on from a checkpoint takes the same turns. Without dev rows nothing is asked of it.

    Attributes:
        first: How many upper layers are trained at first; 0 for all.
    """

    cost: ClassVar[str] = "nothing"
    first: int = 0

    @abstractmethod
    def look(self, seen: Seen) -> Change | None:
        """What to change after the latest epoch; `None` for nothing. Not asked after the last."""

    def check(self, settings: Settings) -> None:
        """Refuse what does not go with `settings`.

        Raises:
            ConfigError: Two arguments that contradict each other.
        """
        del settings


def plain_sum(observer: Observer, settings: Settings) -> None:
    """Refuse a balancer that decides by itself what a task counts.

    Raises:
        ConfigError: Another balancer than Equal.
    """
    if not isinstance(settings.balancer, Equal):
        raise ConfigError(
            f"`observer` {type(observer).__name__} and `balancer` "
            f"{type(settings.balancer).__name__} both decide what a task counts; leave one of the "
            "two out"
        )


def within(name: str, value: object, low: float, high: float) -> None:
    """Refuse what is no number above `low` and below `high`.

    Raises:
        ConfigError: Something else.
    """
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not low < value < high:  # type: ignore[operator]
        raise ConfigError(f"`{name}` is above {low:g} and below {high:g}; found {value!r}")


def points(value: float) -> str:
    """A quality or a difference of two in points.

    >>> points(0.4567)
    '45.7'
    """
    return f"{100 * value:.1f}"
