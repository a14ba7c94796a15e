"""Distillation: the answers of a teacher as targets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch

from polytask._errors import ConfigError
from polytask.learning.losses.loss import Loss, by_row

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(eq=False)
class Distillation(Loss):
    r"""The divergence of the student's classes from the teacher's, both softened.

    $\ell_i = T^2 \sum_c p^T_{ic} \log (p^T_{ic} / p^S_{ic}) / \log C$ with $p = \mathrm{softmax}(z
    / T)$; $T^2$ keeps the size of the gradient. For token tasks the mean over the tokens that have
    a teacher. (Hinton, Vinyals & Dean, Distilling the Knowledge in a Neural Network, 2015, arXiv
    1503.02531.)

    Args:
        temperature: $T$; larger shows more of what the teacher thinks of the other classes.

    Raises:
        ConfigError: `temperature` not above 0.

    >>> logits = torch.tensor([[1.0, 2.0]])
    >>> Distillation()(logits, logits + 5).abs().item() < 1e-6
    True
    """

    cost: ClassVar[str] = "one pass of the teacher over the rows"

    temperature: float = 2.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.temperature > 0:
            raise ConfigError(f"`temperature` is above 0; found {self.temperature!r}")

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Loss a row.

        Args:
            logits: `(n, C)`, or `(n, t, C)` for token tasks.
            target: Logits of the teacher in the same shape; NaN where there are none.
        """
        known = ~target.isnan().any(-1)
        teacher = (target.nan_to_num() / self.temperature).log_softmax(-1)
        student = (logits / self.temperature).log_softmax(-1)
        each = (teacher.exp() * (teacher - student)).sum(-1) * self.temperature**2
        return by_row(torch.where(known, each / math.log(max(2, logits.shape[-1])), 0.0), known)
