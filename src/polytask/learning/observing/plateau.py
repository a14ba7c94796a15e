"""Plateau: lower learning rates where dev stands still."""

from __future__ import annotations

from dataclasses import dataclass

from polytask.learning.observing.observer import Change, Observer, Seen, points, within
from polytask.learning.transfer.transfer import whole_number


@dataclass(frozen=True)
class Plateau(Observer):
    """Lower all learning rates where dev has not improved for some epochs.

    Beside the schedule of the recipe; with `schedule="constant"` it is the only one. It needs a
    `patience` of the recipe above its own, else training stops first. (The rule of `torch`'s
    ReduceLROnPlateau; as used by He et al., Deep Residual Learning, 2016, arXiv 1512.03385.)

    Args:
        patience: Epochs without improvement, since the best one and since the last change.
        factor: What the rates are multiplied by: above 0 and below 1.

    Raises:
        ConfigError: A value out of range.

    >>> from polytask.learning.observing.observer import Seen
    >>> Plateau().look(Seen(5, [0.7, 0.6], [], [])).rate
    0.5
    """

    patience: int = 1
    factor: float = 0.5

    def __post_init__(self) -> None:
        whole_number("patience", self.patience)
        within("factor", self.factor, 0, 1)

    def look(self, seen: Seen) -> Change | None:
        """Lower rates after `patience` epochs without a better one."""
        if seen.since_best() < self.patience:
            return None
        reason = (
            f"dev at {points(seen.means[-1])} has not passed its best, {points(seen.best)}, for "
            f"{seen.since_best()} of {seen.epoch} epochs: learning rates × {self.factor:g}"
        )
        return Change(reason, rate=self.factor)
