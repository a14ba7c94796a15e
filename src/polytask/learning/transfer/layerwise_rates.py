"""Layer-wise learning rates: the lower a layer, the less it moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from polytask._errors import ConfigError
from polytask.learning.transfer.transfer import Transfer, trained_strata

if TYPE_CHECKING:
    from torch import Tensor

    from polytask.learning.encoders.encoder import Encoder


@dataclass(frozen=True)
class LayerwiseRates(Transfer):
    r"""A learning rate for each layer, smaller the lower the layer.

    The k-th layer from the top (from 0) has the rate $\eta \xi^k$; the embeddings count as the
    lowest layer. Lower layers hold what is general. (Howard & Ruder, Universal Language Model
    Fine-tuning for Text Classification, 2018, arXiv 1801.06146, "discriminative fine-tuning".)

    Args:
        decay: $\xi$; 1 is plain fine-tuning.

    Raises:
        ConfigError: `decay` not above 0 or above 1.
    """

    cost: ClassVar[str] = "nothing"

    decay: float = 0.9

    def __post_init__(self) -> None:
        if not 0 < self.decay <= 1:
            raise ConfigError(f"`decay` is above 0 and at most 1; found {self.decay!r}")

    def shares(self, encoder: Encoder) -> list[tuple[list[Tensor], float]]:
        """Each layer with its factor, the highest first."""
        found = reversed(trained_strata(encoder))
        return [(numbers, self.decay**depth) for depth, numbers in enumerate(found)]
