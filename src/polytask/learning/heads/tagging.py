"""A tag for every token of the user."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from torch import nn

from polytask._errors import ConfigError
from polytask.learning.heads.head import Head
from polytask.learning.losses.cross_entropy import CrossEntropy
from polytask.learning.losses.loss import MISSING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from polytask.evaluation.prediction import Scores
    from polytask.learning.encoders.encoder import Features
    from polytask.tasks.task import Target, Task


class Tagging(Head):
    """One linear layer: tokens `(n, t, d)` to logits `(n, t, tags)`.

    Args:
        task: A tagging task.
        dim: Width of the features.
    """

    tokenwise: ClassVar[bool] = True

    def __init__(self, task: Task, dim: int) -> None:
        super().__init__(task, dim)
        self.linear = nn.Linear(dim, len(task.labels))

    def forward(self, features: Features) -> Tensor:
        """Logits `(n, t, tags)`.

        Raises:
            ConfigError: The input is no list of tokens.
        """
        if features.tokens is None:
            name = self.task.name
            raise ConfigError(f"Task {name!r} tags tokens; its input must be a list of tokens")
        logits: Tensor = self.linear(self.dropout(features.tokens))
        return logits

    def encode(self, targets: Sequence[Target | None]) -> list[np.ndarray]:
        """The number of each tag, `(t,)`; empty where the row has no tags."""
        numbers = {label: i for i, label in enumerate(self.task.labels)}
        return [
            np.array([numbers.get(tag, MISSING) for tag in target], dtype=np.int64)
            if isinstance(target, list)
            else np.zeros(0, dtype=np.int64)
            for target in targets
        ]

    def loss(self) -> CrossEntropy:
        """Cross-entropy divided by log C, a mean over the tokens of the row."""
        return CrossEntropy()

    def scores(self, logits: Tensor, mask: Tensor | None) -> Scores:
        """One array `(t, tags)` a row."""
        values = logits.detach().float().cpu().numpy()
        if mask is None:
            return list(values)
        lengths = mask.sum(1).tolist()
        return [row[: int(length)].copy() for row, length in zip(values, lengths, strict=True)]
