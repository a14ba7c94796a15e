"""Cumulative link: every cut between ordered classes is a question of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch

from polytask.learning.losses.loss import MISSING, Loss

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(eq=False)
class CumulativeLink(Loss):
    r"""The mean log loss of "above cut k or not?" over the cuts between ordered classes.

    $\ell_i = -\frac{1}{(C - 1) \log 2} \sum_k \log P(y \le k)$ where $y_i \le k$, else $\log P(y >
    k)$; so every cut between the answer and the truth costs. The head of ordinal tasks gives these
    probabilities from one number against ordered cut points; by default they pay cross-entropy,
    which is the likelihood of the cumulative link model (McCullagh, Regression models for ordinal
    data, 1980). (Rennie & Srebro, Loss Functions for Preference Levels, 2005: all thresholds.)

    >>> far, near = torch.tensor([[9.0, 0, 0]]), torch.tensor([[0, 9.0, 0]])
    >>> loss, truth = CumulativeLink(), torch.tensor([2])
    >>> loss(far, truth).item() > 1.9 * loss(near, truth).item()
    True
    """

    kinds: ClassVar[frozenset[str]] = frozenset({"ordinal"})

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Loss a row.

        Args:
            logits: `(n, C)`, classes from low to high.
            target: Class numbers `(n,)`; `MISSING` where there is no label.
        """
        each = logits.log_softmax(-1)
        below = each.logcumsumexp(-1)[:, :-1]  # log P(y <= k), (n, C - 1)
        above = each.flip(-1).logcumsumexp(-1).flip(-1)[:, 1:]
        cuts = torch.arange(below.shape[1], device=logits.device)
        costs = -torch.where(target[:, None] <= cuts, below, above).mean(1) / math.log(2)
        return torch.where(target != MISSING, costs, 0.0)
