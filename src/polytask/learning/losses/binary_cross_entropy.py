"""Binary cross-entropy over the labels of a row."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from torch.nn import functional

from polytask.learning.losses.loss import Loss

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(eq=False)
class BinaryCrossEntropy(Loss):
    r"""Mean binary cross-entropy over the labels, divided by its value for the answer 1/2.

    $\ell_i = -\frac{1}{L \log 2} \sum_l y_{il} \log p_{il} + (1 - y_{il}) \log (1 - p_{il})$.
    (Good, Rational Decisions, 1952: the logarithm pays for honest probabilities.)

    >>> import torch
    >>> BinaryCrossEntropy()(torch.zeros(1, 3), torch.tensor([[1.0, 0.0, 0.0]])).tolist()
    [1.0]
    """

    kinds: ClassVar[frozenset[str]] = frozenset({"multilabel"})

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Loss a row of logits `(n, L)` and targets `(n, L)` in 0–1; NaN where unlabelled."""
        known = ~target.isnan()
        each = functional.binary_cross_entropy_with_logits(
            logits, target.nan_to_num(), reduction="none"
        )
        return (each * known).sum(1) / known.sum(1).clamp_min(1) / math.log(2)
