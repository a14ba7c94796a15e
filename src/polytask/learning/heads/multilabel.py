"""Any number of labels from the vector of a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from polytask.learning.heads.head import Head
from polytask.learning.losses.binary_cross_entropy import BinaryCrossEntropy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from polytask.learning.encoders.encoder import Features
    from polytask.tasks.task import Target, Task


class Multilabel(Head):
    """One linear layer: vector `(n, d)` to logits `(n, labels)`, a sigmoid each.

    The biases start at the log-odds of the labels in training: rare labels would else spend the
    first epoch on learning that they are rare.

    Args:
        task: A multilabel task.
        dim: Width of the features.
    """

    def __init__(self, task: Task, dim: int) -> None:
        super().__init__(task, dim)
        self.linear = nn.Linear(dim, len(task.labels))

    def forward(self, features: Features) -> Tensor:
        """Logits `(n, labels)`."""
        logits: Tensor = self.linear(self.dropout(features.vector))
        return logits

    def encode(self, targets: Sequence[Target | None]) -> list[np.ndarray]:
        """0 or 1 for each label; all NaN where there is no label."""
        return [self._indicators(target) for target in targets]

    def fit(self, targets: Sequence[Target | None]) -> None:
        """Set the biases to the log-odds of each label."""
        known = [row for row in self.encode(targets) if not np.isnan(row).any()]
        rate = (np.sum(known, axis=0) + 0.5) / (len(known) + 1.0)
        with torch.no_grad():
            self.linear.bias.copy_(torch.as_tensor(np.log(rate / (1 - rate))))

    def loss(self) -> BinaryCrossEntropy:
        """Mean binary cross-entropy."""
        return BinaryCrossEntropy()

    def _indicators(self, target: Target | None) -> np.ndarray:
        if not isinstance(target, list):
            return np.full(len(self.task.labels), np.nan, dtype=np.float32)
        given = set(target)
        return np.array([label in given for label in self.task.labels], dtype=np.float32)
