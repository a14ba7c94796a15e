"""Weight averaging: the mean over the last steps answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from polytask._errors import ConfigError
from polytask.learning.transfer.transfer import Transfer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from polytask.learning.encoders.encoder import Encoder
    from polytask.learning.transfer.course import Course


@dataclass(frozen=True)
class Averaging(Transfer):
    r"""The mean of the weights over the later steps of training.

    After step $t \ge s$ the part answers with $\frac{1}{t - s + 1} \sum_{i=s}^{t} w_i$; training
    itself goes on from $w_t$. (Polyak & Juditsky, Acceleration of Stochastic Approximation by
    Averaging, 1992; Izmailov et al., Averaging Weights Leads to Wider Optima and Better
    Generalization, 2018, arXiv 1803.05407.)

    Args:
        start: Share of all steps before the first that counts.

    Raises:
        ConfigError: `start` below 0, or 1 and above.
    """

    cost: ClassVar[str] = "a copy of the trained numbers, and one addition a step"

    start: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.start < 1:
            raise ConfigError(f"`start` is at least 0 and below 1; found {self.start!r}")

    def course(
        self, encoder: Encoder, numbers: Sequence[Tensor], epochs: int, steps: int
    ) -> Course:
        """A running mean of all that is trained, and of the statistics of the encoder."""
        from polytask.learning.transfer.course import Mean

        statistics = [found for found in encoder.statistics() if found.is_floating_point()]
        return Mean([*numbers, *statistics], round(self.start * epochs * steps))
