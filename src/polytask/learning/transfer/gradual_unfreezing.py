"""Gradual unfreezing: the upper layers first, the lower ones epoch by epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from polytask.learning.transfer.transfer import Transfer, trained_strata, whole_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from polytask.learning.encoders.encoder import Encoder
    from polytask.learning.transfer.course import Course


@dataclass(frozen=True)
class GradualUnfreezing(Transfer):
    """Train the uppermost layers first and some more with each epoch.

    Early, large gradients of untrained heads then do not reach the lower layers, and the first
    epochs cost less. (Howard & Ruder, Universal Language Model Fine-tuning for Text
    Classification, 2018, arXiv 1801.06146.)

    Args:
        layers: How many layers an epoch sets free; the embeddings, if trained, count as one.

    Raises:
        ConfigError: `layers` below 1.
    """

    cost: ClassVar[str] = "less than nothing: the first epochs train fewer layers"

    layers: int = 2

    def __post_init__(self) -> None:
        whole_number("layers", self.layers)

    def course(
        self, encoder: Encoder, numbers: Sequence[Tensor], epochs: int, steps: int
    ) -> Course:
        """Opens `layers` more before each epoch."""
        from polytask.learning.transfer.course import Opening

        del numbers, epochs, steps
        return Opening(encoder, trained_strata(encoder), lambda epoch: (epoch + 1) * self.layers)
