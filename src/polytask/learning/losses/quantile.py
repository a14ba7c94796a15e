"""Quantile loss: the answer that a given share of the targets stays below."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, ClassVar

import torch

from polytask._errors import ConfigError
from polytask.learning.losses.loss import Loss

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(eq=False)
class Quantile(Loss):
    r"""The pinball loss $\max(q e, (q - 1) e)$ of $e_i = y_i - z_i$, least at the quantile q.

    Divided by what the best constant costs on normal targets, $\varphi(\Phi^{-1}(q))$. (Koenker &
    Bassett, Regression Quantiles, 1978.)

    Args:
        q: The quantile; 0.5 is the median.

    Raises:
        ConfigError: `q` not between 0 and 1.

    >>> found = Quantile(q=0.9)(torch.tensor([0.0, 0.0]), torch.tensor([1.0, -1.0]))
    >>> round((found[0] / found[1]).item(), 3)  # too low an answer costs nine times as much
    9.0
    """

    kinds: ClassVar[frozenset[str]] = frozenset({"regression"})

    q: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.q < 1:
            raise ConfigError(f"`q` is between 0 and 1; found {self.q!r}")

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Loss a row of numbers `(n,)` and targets `(n,)`; NaN where unlabelled."""
        known, normal = ~target.isnan(), NormalDist()
        error = target.nan_to_num() - logits
        each = torch.maximum(self.q * error, (self.q - 1) * error)
        return each / normal.pdf(normal.inv_cdf(self.q)) * known
