"""Focal loss: cross-entropy that looks away from what is learned."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch

from polytask._errors import ConfigError
from polytask.learning.losses.loss import CLASSES, MISSING, Loss, by_row

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(eq=False)
class Focal(Loss):
    r"""Cross-entropy times $(1 - p)^\gamma$, where $p$ is the probability of the right class.

    $\ell_i = -(1 - p_{i, y_i})^\gamma \log p_{i, y_i}$, divided by its value for the uniform
    answer; for token tasks the mean over the labelled tokens. For classes of which one is rare.
    (Lin et al., Focal Loss for Dense Object Detection, 2017, arXiv 1708.02002.)

    Args:
        gamma: How fast what is learned stops to count; 0 is cross-entropy.

    Raises:
        ConfigError: `gamma` below 0.

    >>> Focal()(torch.zeros(2, 4), torch.tensor([3, MISSING])).round(decimals=3).tolist()
    [1.0, 0.0]
    """

    kinds: ClassVar[frozenset[str]] = CLASSES

    gamma: float = 2.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.gamma >= 0:
            raise ConfigError(f"`gamma` is at least 0; found {self.gamma!r}")

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Loss a row.

        Args:
            logits: `(n, C)`, or `(n, t, C)` for token tasks.
            target: Class numbers `(n,)` or `(n, t)`; `MISSING` where there is no label.
        """
        classes, labelled = max(2, logits.shape[-1]), target != MISSING
        index = target.clamp_min(0)[..., None]
        right = logits.log_softmax(-1).gather(-1, index).squeeze(-1)
        wrong = (-torch.expm1(right)).clamp_min(1e-8)  # 0 to a power below 1 has no slope
        uniform = (1 - 1 / classes) ** self.gamma * math.log(classes)
        each = torch.where(labelled, -(wrong**self.gamma) * right / uniform, 0.0)
        return by_row(each, labelled)
