"""Classes from the vector of a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from torch import nn

from polytask.learning.heads.head import Head
from polytask.learning.losses.cross_entropy import CrossEntropy
from polytask.learning.losses.loss import MISSING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from polytask.learning.encoders.encoder import Features
    from polytask.tasks.task import Target, Task


class Classification(Head):
    """One linear layer: vector `(n, d)` to logits `(n, classes)` in the order of the labels.

    Args:
        task: A task with labels (binary, multiclass or ordinal).
        dim: Width of the features.
    """

    def __init__(self, task: Task, dim: int) -> None:
        super().__init__(task, dim)
        self.linear = nn.Linear(dim, len(task.labels))

    def forward(self, features: Features) -> Tensor:
        """Logits `(n, classes)`."""
        logits: Tensor = self.linear(self.dropout(features.vector))
        return logits

    def encode(self, targets: Sequence[Target | None]) -> list[np.ndarray]:
        """The class number of each target."""
        numbers = {label: i for i, label in enumerate(self.task.labels)}
        return [
            np.asarray(MISSING if target is None else numbers.get(str(target), MISSING))
            for target in targets
        ]

    def loss(self) -> CrossEntropy:
        """Cross-entropy divided by log C."""
        return CrossEntropy()
