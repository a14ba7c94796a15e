"""Thaw: train more layers once those that are trained have no more to give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from polytask._errors import ConfigError
from polytask.learning.observing.observer import Change, Observer, Seen, points
from polytask.learning.transfer.transfer import whole_number
from polytask.learning.transfer.whole import Whole

if TYPE_CHECKING:
    from polytask.learning.settings import Settings


@dataclass(frozen=True)
class Thaw(Observer):
    """Train the upper layers first, and more of them whenever dev gains too little.

    As `GradualUnfreezing`, but by what is measured instead of by the clock. (Howard & Ruder,
    Universal Language Model Fine-tuning for Text Classification, 2018, arXiv 1801.06146.)

    Args:
        first: How many upper layers are trained at first.
        layers: How many more each time.
        gain: What an epoch must add to the best mean quality on dev, in fractions.

    Raises:
        ConfigError: A value out of range.

    >>> from polytask.learning.observing.observer import Seen
    >>> Thaw().look(Seen(5, [0.7, 0.701], [], [])).layers
    2
    """

    cost: ClassVar[str] = "less than nothing: the first epochs train fewer layers"

    first: int = 2
    layers: int = 2
    gain: float = 0.005

    def __post_init__(self) -> None:
        whole_number("first", self.first)
        whole_number("layers", self.layers)
        if not 0 <= self.gain < 1:
            raise ConfigError(f"`gain` is at least 0 and below 1; found {self.gain!r}")

    def look(self, seen: Seen) -> Change | None:
        """Open more layers after an epoch that gained too little."""
        if seen.epoch < 2:
            return None
        gained = seen.means[-1] - max(seen.means[:-1])
        if gained >= self.gain:
            return None
        reason = f"dev gained {points(gained)} points: {self.layers} more layers are trained"
        return Change(reason, layers=self.layers)

    def check(self, settings: Settings) -> None:
        """Refuse a transfer that decides by itself what is trained.

        Raises:
            ConfigError: `transfer` is not Whole.
        """
        if not isinstance(settings.transfer, Whole):
            raise ConfigError(
                f"`observer` Thaw and `transfer` {type(settings.transfer).__name__} both decide "
                "which layers are trained; leave one of the two out"
            )
