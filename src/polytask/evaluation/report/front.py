"""The front: the choices of parts that a model was taken from, when size or time counted too."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PREFERENCES = ("accurate", "small", "fast")
"""What may be preferred among choices that lose less than the margin."""


@dataclass(frozen=True)
class Offer:
    """A choice of parts: a model that could have been delivered.

    Args:
        name: Its key in `Timing.front`.
        parts: By task the name of the candidate that answers it.
        dev: By task the primary metric on dev.
        value: The mean of `dev` over the tasks whose metric counts in points, or `None`.
        loss: What a task loses on dev against the best there is, on average; an error in standard
            deviations of the target.
        worst: The most that a task loses.
        bytes: Size on disk; what several parts stand on counts once.
        allowed: Whether every task loses less than counts.
        chosen: Whether it is delivered.
    """

    name: str
    parts: dict[str, str]
    dev: dict[str, float] = field(default_factory=dict)
    value: float | None = None
    loss: float = 0.0
    worst: float = 0.0
    bytes: int = 0
    allowed: bool = True
    chosen: bool = False


@dataclass(frozen=True)
class Front:
    """The choices that the delivered model was taken from, the smallest first.

    Args:
        prefer: "accurate", "small" or "fast": what decides among those that lose less than counts.
        bound: Milliseconds that one row may take at most; `None` for no bound.
        offers: The choices.
    """

    prefer: str
    bound: float | None
    offers: tuple[Offer, ...]

    @property
    def chosen(self) -> Offer | None:
        """The one that is delivered."""
        return next((one for one in self.offers if one.chosen), None)


def dominated(offers: Sequence[Offer], weights: Mapping[str, float]) -> set[str]:
    """The names of those that another one beats: as light and as good on dev, one of both more so.

    Args:
        offers: Choices.
        weights: By name its size or time; one without a weight is left alone.

    >>> small, large = Offer("1", {}, loss=0.02), Offer("2", {}, loss=0.02)
    >>> dominated([small, large], {"1": 3.0, "2": 90.0})
    {'2'}
    """
    known = [one for one in offers if one.name in weights]

    def beats(one: Offer, other: Offer) -> bool:
        lighter, better = weights[one.name] - weights[other.name], one.loss - other.loss
        return lighter <= 0 and better <= 0 and (lighter < 0 or better < 0)

    return {other.name for other in known if any(beats(one, other) for one in known)}
