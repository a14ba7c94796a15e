"""Stochastic depth: in training, rows skip layers by chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from polytask._errors import ConfigError
from polytask.learning.regularising.regulariser import Regulariser, only_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from polytask.learning.looking import Answers, Look
    from polytask.tasks.task import Task


@dataclass(frozen=True)
class StochasticDepth(Regulariser):
    r"""Each row skips each trained layer with a chance that grows with its height.

    Layer $l$ of $L$ gives $x + \frac{b}{1 - p_l} (f(x) - x)$ with $b = 0$ of chance $p_l = p \cdot
    l / L$, else 1: in the mean over chance $f(x)$, which is what it gives in prediction. It costs
    nothing. For text. (Huang et al., Deep Networks with Stochastic Depth, 2016, arXiv 1603.09382.)

    Args:
        rate: The chance $p$ of the uppermost layer.

    Raises:
        ConfigError: `rate` not between 0 and 1.

    >>> StochasticDepth()
    StochasticDepth(rate=0.1)
    """

    cost: ClassVar[str] = "nothing"

    rate: float = 0.1

    def __post_init__(self) -> None:
        if not 0 < self.rate < 1:
            raise ConfigError(f"`rate` is above 0 and below 1; found {self.rate!r}")

    def suits(self, tasks: Sequence[Task]) -> None:
        """Refuse images, whose layers change the shape of what they read.

        Raises:
            ConfigError: Images.
        """
        only_text("StochasticDepth", "skips layers that give what they read its shape", tasks)

    def answers(self, look: Look) -> Answers:
        """One pass in which rows skip layers."""
        blocks = look.encoder.blocks()
        hooks = [
            block.register_forward_hook(Skipping(self.rate * height / len(blocks)))
            for height, block in enumerate(blocks, start=1)
        ]
        try:
            return look()
        finally:
            for hook in hooks:
                hook.remove()


class Skipping:
    """A forward hook of a layer that leaves rows as they came, by chance.

    Args:
        rate: The chance of a row.
    """

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def __call__(self, layer: Any, given: tuple[Any, ...], hidden: Tensor) -> Tensor:
        """`hidden` or what came in, `(s, t, d)`, the difference scaled so that the mean stays."""
        import torch

        if not layer.training:
            return hidden
        before: Tensor = given[0]
        stays = torch.rand(len(hidden), 1, 1, device=hidden.device) >= self.rate
        return before + stays.to(hidden.dtype) / (1 - self.rate) * (hidden - before)
