"""Squared error on standardised targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from polytask.learning.losses.loss import Loss

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(eq=False)
class SquaredError(Loss):
    r"""Squared error $\ell_i = (z_i - y_i)^2$.

    On standardised targets the mean answer costs 1, so that a rating in 1–5 and a price in
    thousands count alike. (Legendre, Nouvelles méthodes pour la détermination des orbites des
    comètes, 1805.)

    >>> import torch
    >>> SquaredError()(torch.tensor([1.0, 2.0]), torch.tensor([3.0, float("nan")])).tolist()
    [4.0, 0.0]
    """

    kinds: ClassVar[frozenset[str]] = frozenset({"regression"})

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Loss a row of numbers `(n,)` and targets `(n,)`; NaN where unlabelled."""
        known = ~target.isnan()
        return (logits - target.nan_to_num()).square() * known
