"""Supervised contrastive loss: rows of one class stand together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from polytask._errors import ConfigError
from polytask.learning.losses.loss import MISSING, Loss

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(eq=False)
class SupervisedContrastive(Loss):
    r"""The log loss of finding the rows of one's own class among all rows of the batch.

    $\ell_i = -\frac{1}{|P_i|} \sum_{p \in P_i} \log \frac{e^{z_i \cdot z_p / \tau}}{\sum_{a \ne i}
    e^{z_i \cdot z_a / \tau}}$ over the other labelled rows, $P_i$ those of the class of $i$ and z
    vectors of length 1; divided by its value where all vectors are alike. A row whose class no
    other has costs 0. (Khosla et al., Supervised Contrastive Learning, 2020, arXiv 2004.11362.)

    Args:
        temperature: $\tau$.

    Raises:
        ConfigError: `temperature` not above 0.

    >>> found = SupervisedContrastive()(torch.ones(4, 2), torch.tensor([0, 0, 1, MISSING]))
    >>> found.round(decimals=3).tolist()
    [1.0, 1.0, 0.0, 0.0]
    """

    temperature: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.temperature > 0:
            raise ConfigError(f"`temperature` is above 0; found {self.temperature!r}")

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Loss a row.

        Args:
            logits: Vectors `(n, d)` of any length.
            target: Class numbers `(n,)`; `MISSING` where there is no label.
        """
        labelled = target != MISSING
        pair = labelled[:, None] & labelled & ~torch.eye(len(target), dtype=torch.bool).to(labelled)
        same = pair & (target[:, None] == target)
        vectors = functional.normalize(logits, dim=1)
        likeness = vectors @ vectors.T / self.temperature
        # a row without any other has no sum to be divided by: it keeps a number nobody reads
        readable = torch.where(pair | ~pair.any(1, keepdim=True), likeness, -torch.inf)
        costs = torch.where(same, readable.logsumexp(1, keepdim=True) - likeness, 0.0)
        others = int(labelled.sum()) - 1
        return costs.sum(1) / same.sum(1).clamp_min(1) / math.log(max(2, others))
