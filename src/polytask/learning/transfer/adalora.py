"""AdaLoRA: low-rank additions whose ranks go to the layers where they matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from polytask._errors import ConfigError
from polytask.learning.transfer.peft_method import Peft
from polytask.learning.transfer.transfer import whole_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from polytask.learning.encoders.encoder import Encoder
    from polytask.learning.transfer.course import Course


@dataclass(frozen=True)
class AdaLoRA(Peft):
    r"""Additions $B \Lambda A$ to each layer, of which the least important ranks are taken away.

    $\Lambda$ is diagonal and begins at 0; what $A$ and $B$ cost keeps them nearly orthogonal. All
    layers begin with `init_r` ranks. Between the shares `start` and `stop` of the steps, their sum
    falls with the cube of what is left of that time to `target_r` times the number of layers;
    then the ranks stay. Where training ends earlier for lack of progress, more are left.
    (Zhang et al., AdaLoRA: Adaptive Budget Allocation for Parameter-Efficient Fine-Tuning, 2023,
    arXiv 2303.10512.) The layers and the choice of ranks are peft's.

    Args:
        target_r: Ranks a layer in the end, on average.
        init_r: Ranks of each layer at first, more than `target_r`.
        lora_alpha: The addition counts `lora_alpha / init_r`.
        start: Share of all steps before ranks are taken away.
        stop: Share of all steps after which none is.
        every: Steps between two choices of ranks.
        orth_reg_weight: What leaving orthogonality costs.
        target_modules: Layers to adapt; `None` for all.

    Raises:
        ConfigError: A value out of range.
    """

    target_r: int = 8
    init_r: int = 12
    lora_alpha: int = 12
    start: float = 0.1
    stop: float = 0.7
    every: int = 5
    orth_reg_weight: float = 0.5
    target_modules: list[str] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("target_r", "every"):
            whole_number(name, getattr(self, name))
        whole_number("init_r", self.init_r, self.target_r + 1)
        if not 0 <= self.start < self.stop <= 1:
            raise ConfigError(
                "`start` is at least 0 and below `stop`, which is at most 1; "
                f"found {self.start!r} and {self.stop!r}"
            )
        if not self.orth_reg_weight >= 0:
            raise ConfigError(f"`orth_reg_weight` is at least 0; found {self.orth_reg_weight!r}")

    def config(self, steps: int = 10**6) -> Any:
        """The configuration in peft for a training of `steps` steps, of which layers know nothing.

        Raises:
            ConfigError: Too few steps.
        """
        import peft

        first = int(self.start * steps)
        last = max(first + 1, round(self.stop * steps))
        if last >= steps:
            last = steps - 1  # the ranks are settled after a step, not after all
        if last <= first:
            raise ConfigError(
                f"{type(self).__name__} takes ranks away over several steps; found a training of "
                f"{steps}. Raise `epochs`, lower `batch_size`, or take LoRA()"
            )
        return peft.AdaLoraConfig(
            target_r=self.target_r,
            init_r=self.init_r,
            lora_alpha=self.lora_alpha,
            tinit=first,
            tfinal=steps - last,
            total_step=steps,
            deltaT=self.every,
            orth_reg_weight=self.orth_reg_weight,
            target_modules=self.target_modules,
        )

    def course(
        self, encoder: Encoder, numbers: Sequence[Tensor], epochs: int, steps: int
    ) -> Course:
        """Takes ranks away."""
        from polytask.learning.transfer.allocation import Allocation

        del numbers
        return Allocation(encoder, self.config(epochs * steps))
