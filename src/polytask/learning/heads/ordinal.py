"""Ordered classes from the vector of a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from polytask.learning.heads.classification import Classification

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from polytask.learning.encoders.encoder import Features
    from polytask.tasks.task import Target, Task


class Ordinal(Classification):
    r"""A cumulative link: one number a row against ordered cut points.

    $P(y \le k) = \sigma(b_k - w \cdot x)$ with $b_0 < b_1 < \dots$; the logits are the logarithms
    of the class probabilities. A far miss costs more than a near one. (McCullagh, Regression
    models for ordinal data, 1980.)

    Args:
        task: An ordinal task; its labels stand from low to high.
        dim: Width of the features.
    """

    def __init__(self, task: Task, dim: int) -> None:
        super().__init__(task, dim)
        self.linear = nn.Linear(dim, 1, bias=False)
        cuts = max(1, len(task.labels) - 1)
        self.first = nn.Parameter(torch.zeros(1))
        self.steps = nn.Parameter(torch.zeros(cuts - 1))

    def forward(self, features: Features) -> Tensor:
        """Logarithms of the class probabilities, `(n, classes)`."""
        at = self.linear(self.dropout(features.vector))
        below = functional.logsigmoid(self.cuts() - at)  # log P(y <= k), (n, classes - 1)
        above = functional.logsigmoid(at - self.cuts())  # log P(y > k)
        # log (P(y <= k) - P(y <= k - 1)) without cancellation: both tails times 1 - exp(-gap)
        inner = below[:, 1:] + above[:, :-1] + torch.log1p(-torch.exp(-self._gaps()))
        return torch.cat([below[:, :1], inner, above[:, -1:]], dim=1)

    def cuts(self) -> Tensor:
        """The ordered cut points `(classes - 1,)`."""
        return torch.cat([self.first, self.first + self._gaps().cumsum(0)])

    def fit(self, targets: Sequence[Target | None]) -> None:
        """Start the cut points at the log-odds of the classes in training."""
        numbers = np.array([int(value) for value in self.encode(targets)])
        counts = np.bincount(numbers[numbers >= 0], minlength=len(self.task.labels)) + 0.5
        below = np.cumsum(counts)[:-1] / counts.sum()
        cuts = np.log(below / (1 - below))
        gaps = np.maximum(np.diff(cuts), 0.05)
        with torch.no_grad():
            self.first.fill_(float(cuts[0]))
            self.steps.copy_(torch.as_tensor(np.log(np.expm1(gaps))))

    def _gaps(self) -> Tensor:
        return functional.softplus(self.steps) + 1e-4
