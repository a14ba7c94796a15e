"""Huber loss: squared error that outliers do not rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from torch.nn import functional

from polytask._errors import ConfigError
from polytask.learning.losses.loss import Loss

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(eq=False)
class Huber(Loss):
    r"""Squared error up to $\delta$, beyond it a line that goes on from there.

    $\ell_i = e_i^2$ where $|e_i| \le \delta$, else $2 \delta |e_i| - \delta^2$: twice Huber's, so
    that it is `SquaredError` in the middle. (Huber, Robust Estimation of a Location Parameter,
    1964.)

    Args:
        delta: In standard deviations of the target.

    Raises:
        ConfigError: `delta` not above 0.

    >>> import torch
    >>> Huber()(torch.tensor([0.5, 3.0]), torch.tensor([0.0, 0.0])).tolist()
    [0.25, 5.0]
    """

    kinds: ClassVar[frozenset[str]] = frozenset({"regression"})

    delta: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.delta > 0:
            raise ConfigError(f"`delta` is above 0; found {self.delta!r}")

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Loss a row of numbers `(n,)` and targets `(n,)`; NaN where unlabelled."""
        known, truth = ~target.isnan(), target.nan_to_num()
        return 2 * functional.huber_loss(logits, truth, reduction="none", delta=self.delta) * known
