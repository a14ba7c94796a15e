"""The base of heads: one question, `forward`: features to logits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from polytask.evaluation.prediction import Scores
    from polytask.learning.encoders.encoder import Features
    from polytask.learning.losses.loss import Loss
    from polytask.tasks.task import Target, Task


class Head(nn.Module, ABC):
    """Answers one task from the features of an encoder.

    Args:
        task: The task it answers.
        dim: Width of the features.

    Attributes:
        tokenwise: Whether it answers for every token rather than every row.
    """

    cost: ClassVar[str] = "one linear layer"
    tokenwise: ClassVar[bool] = False

    def __init__(self, task: Task, dim: int) -> None:
        super().__init__()
        self.task = task
        self.dim = dim
        self.dropout = nn.Dropout(0.0)

    @abstractmethod
    def forward(self, features: Features) -> Tensor:
        """Logits: `(n, classes)`, `(n, labels)`, `(n,)` or `(n, t, tags)`."""

    @abstractmethod
    def encode(self, targets: Sequence[Target | None]) -> list[np.ndarray]:
        """One array a target for the loss: class numbers, 0/1 a label, or standardised numbers.

        Missing labels, and labels that training never had, are `MISSING` or NaN.
        """

    @abstractmethod
    def loss(self) -> Loss:
        """The loss that fits this head, normalised so that a constant answer costs about 1."""

    def fit(self, targets: Sequence[Target | None]) -> None:
        """Set what is read off the training targets (priors, mean and deviation) before training.

        The default sets nothing.
        """
        del targets

    def scores(self, logits: Tensor, mask: Tensor | None) -> Scores:
        """Logits of some rows as scores (see `Scores`); `mask` is that of the features."""
        del mask
        return np.asarray(logits.detach().float().cpu().numpy())
