"""Asymmetric loss: for many labels of which each row has few."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from torch.nn import functional

from polytask._errors import ConfigError
from polytask.learning.losses.loss import Loss

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(eq=False)
class Asymmetric(Loss):
    r"""Binary cross-entropy in which easy negatives stop to count, the easiest at once.

    $-(1 - p)^{\gamma_+} \log p$ for a label that is there, $-q^{\gamma_-} \log (1 - q)$ with $q =
    \max(p - m, 0)$ for one that is not; the mean over the labels, divided by log 2 as
    `BinaryCrossEntropy` is, which it equals where all three arguments are 0. (Ridnik et al.,
    Asymmetric Loss For Multi-Label Classification, 2021, arXiv 2009.14119.)

    Args:
        positive: $\gamma_+$.
        negative: $\gamma_-$.
        margin: $m$; absent labels with less probability cost nothing.

    Raises:
        ConfigError: A value out of range.

    >>> import torch
    >>> truth = torch.tensor([[1.0, 0.0]])
    >>> Asymmetric(positive=0.0, negative=0.0, margin=0.0)(torch.zeros(1, 2), truth).item()
    1.0
    """

    kinds: ClassVar[frozenset[str]] = frozenset({"multilabel"})

    positive: float = 0.0
    negative: float = 4.0
    margin: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("positive", "negative"):
            if not getattr(self, name) >= 0:
                raise ConfigError(f"`{name}` is at least 0; found {getattr(self, name)!r}")
        if not 0 <= self.margin < 1:
            raise ConfigError(f"`margin` is at least 0 and below 1; found {self.margin!r}")

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Loss a row of logits `(n, L)` and targets `(n, L)`, 0 or 1; NaN where unlabelled."""
        known, truth = ~target.isnan(), target.nan_to_num()
        absent = functional.sigmoid(-logits)  # 1 - p, without cancellation
        there = -self._power(absent, self.positive) * functional.logsigmoid(logits)
        rest = (absent + self.margin).clamp(max=1)  # 1 - q
        log_rest = rest.log() if self.margin else functional.logsigmoid(-logits)
        gone = -self._power(1 - rest, self.negative) * log_rest
        each = (truth * there + (1 - truth) * gone) * known
        return each.sum(1) / known.sum(1).clamp_min(1) / math.log(2)

    @staticmethod
    def _power(base: Tensor, exponent: float) -> Tensor:
        return base.clamp_min(1e-8).pow(exponent)  # 0 to a power below 1 has no slope
