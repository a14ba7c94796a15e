"""A number from the vector of a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from polytask.learning.heads.head import Head
from polytask.learning.losses.squared_error import SquaredError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from polytask.evaluation.prediction import Scores
    from polytask.learning.encoders.encoder import Features
    from polytask.tasks.task import Target, Task


class Regression(Head):
    """One linear layer: vector `(n, d)` to a standardised number `(n,)`.

    Training sees targets with mean 0 and deviation 1; `scores` gives them back in their own unit.

    Args:
        task: A regression task.
        dim: Width of the features.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, task: Task, dim: int) -> None:
        super().__init__(task, dim)
        self.linear = nn.Linear(dim, 1)
        self.register_buffer("mean", torch.zeros((), dtype=torch.float64))
        self.register_buffer("scale", torch.ones((), dtype=torch.float64))

    def forward(self, features: Features) -> Tensor:
        """Standardised numbers `(n,)`."""
        logits: Tensor = self.linear(self.dropout(features.vector))
        return logits.squeeze(-1)

    def encode(self, targets: Sequence[Target | None]) -> list[np.ndarray]:
        """Standardised numbers; NaN where there is none."""
        mean, scale = float(self.mean), float(self.scale)
        return [np.asarray((_number(t) - mean) / scale, dtype=np.float32) for t in targets]

    def fit(self, targets: Sequence[Target | None]) -> None:
        """Take mean and deviation from the training targets; start at the mean."""
        numbers = np.array([_number(target) for target in targets])
        deviation = float(np.nanstd(numbers))
        self.mean.fill_(float(np.nanmean(numbers)))
        self.scale.fill_(deviation if deviation > 0 else 1.0)
        nn.init.zeros_(self.linear.bias)

    def loss(self) -> SquaredError:
        """Squared error on standardised targets."""
        return SquaredError()

    def scores(self, logits: Tensor, mask: Tensor | None) -> Scores:
        """Numbers `(n,)` in the unit of the target."""
        del mask
        values = logits.detach().double().cpu() * self.scale.cpu() + self.mean.cpu()
        return np.asarray(values.numpy())


def _number(target: Target | None) -> float:
    return float(target) if isinstance(target, (int, float)) else float("nan")
