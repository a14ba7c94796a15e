"""Linear probing, then fine-tuning: the heads first, then everything."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar

from polytask._errors import ConfigError
from polytask.learning.transfer.transfer import Transfer, trained_strata, whole_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from polytask.learning.encoders.encoder import Encoder
    from polytask.learning.settings import Settings
    from polytask.learning.transfer.course import Course


@dataclass(frozen=True)
class LPFT(Transfer):
    """Train the heads over the fixed encoder first, then both together.

    Fine-tuning from heads that fit already distorts the features less, which helps most where new
    rows differ from the training rows. (Kumar et al., Fine-Tuning can Distort Pretrained Features
    and Underperform Out-of-Distribution, 2022, arXiv 2202.10054.)

    Args:
        probing: Epochs for the heads alone, of those of the recipe.

    Raises:
        ConfigError: `probing` below 1.
    """

    cost: ClassVar[str] = "less than nothing: the first epochs train the heads alone"

    probing: int = 1

    def __post_init__(self) -> None:
        whole_number("probing", self.probing)

    def check(self, settings: Settings) -> None:
        """Refuse a training that ends with the heads.

        Raises:
            ConfigError: No epoch is left for the encoder, or `patience` may end it before; or a
                balancer looks at gradients that do not exist yet.
        """
        super().check(settings)
        if self.probing >= settings.epochs:
            raise ConfigError(
                f"`transfer` LPFT trains the heads alone for `probing` {self.probing} epochs, and "
                f"the recipe has `epochs` {settings.epochs}: none is left for the encoder; raise "
                "`epochs`"
            )
        if self.probing > settings.patience:
            raise ConfigError(
                f"`transfer` LPFT trains the heads alone for `probing` {self.probing} epochs, and "
                f"`patience` {settings.patience} may end the training before; raise `patience`"
            )
        if any(item.name == "per_parameter" for item in fields(settings.balancer)):  # type: ignore[arg-type]
            raise ConfigError(
                f"`transfer` LPFT fixes the encoder at first, and `balancer` {settings.balancer} "
                "looks at gradients there; take another of either, as GradualUnfreezing()"
            )

    def course(
        self, encoder: Encoder, numbers: Sequence[Tensor], epochs: int, steps: int
    ) -> Course:
        """Opens the whole encoder after `probing` epochs."""
        from polytask.learning.transfer.course import Opening

        del numbers, epochs, steps
        strata = trained_strata(encoder)
        return Opening(encoder, strata, lambda epoch: len(strata) * (epoch >= self.probing))
