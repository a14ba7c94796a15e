"""Cross-entropy, normalised by the number of classes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from torch.nn import functional

from polytask.learning.losses.loss import MISSING, Loss

if TYPE_CHECKING:
    from torch import Tensor


class CrossEntropy(Loss):
    r"""Cross-entropy divided by its value for the uniform answer.

    $\ell_i = -\log p_{i, y_i} / \log C$, and for token tasks the mean of this over the labelled
    tokens of the row. Dividing by $\log C$ lets tasks with many and with few classes count alike
    (as in "In Defense of the Unitary Scalarization", arXiv 2201.04122, losses are only summed).

    >>> import torch
    >>> CrossEntropy()(torch.zeros(2, 4), torch.tensor([3, MISSING])).tolist()
    [1.0, 0.0]
    """

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Loss a row.

        Args:
            logits: `(n, C)`, or `(n, t, C)` for token tasks.
            target: Class numbers `(n,)` or `(n, t)`; `MISSING` where there is no label.
        """
        classes = logits.shape[-1]
        flat = functional.cross_entropy(
            logits.reshape(-1, classes),
            target.reshape(-1),
            ignore_index=MISSING,
            reduction="none",
        )
        each = flat.view(target.shape) / math.log(max(2, classes))
        if target.dim() == 1:
            return each
        labelled = (target != MISSING).sum(1).clamp_min(1)
        return each.sum(1) / labelled
