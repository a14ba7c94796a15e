"""The base of losses: one question, `forward`: logits and targets to a loss a row."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from torch import Tensor

MISSING = -100
"""The class number of a row or token without a label."""


class Loss(nn.Module, ABC):
    """A loss a row, normalised so that a constant answer costs about 1.

    Rows without a label (`MISSING` or NaN) cost 0 and give no gradient. Means over labelled rows,
    and the sampling weights of tasks, are the business of training.
    """

    @abstractmethod
    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Loss a row, `(n,)`, of logits `(n, …)` and targets that begin with the same n."""
