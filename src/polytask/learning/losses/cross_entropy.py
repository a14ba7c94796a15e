"""Cross-entropy, normalised by the number of classes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from torch.nn import functional

from polytask._errors import ConfigError
from polytask.learning.losses.loss import CLASSES, MISSING, Loss, by_row

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(eq=False)
class CrossEntropy(Loss):
    r"""Cross-entropy divided by its value for the uniform answer.

    $\ell_i = -\sum_c q_{ic} \log p_{ic} / \log C$ with $q_{ic} = (1 - \epsilon) [c = y_i] +
    \epsilon / C$, and for token tasks the mean of this over the labelled tokens of the row.
    Dividing by $\log C$ lets tasks with many and with few classes count alike (as in "In Defense
    of the Unitary Scalarization", arXiv 2201.04122, losses are only summed).

    Args:
        smoothing: Label smoothing $\epsilon$, the share of the label spread over all classes.
            (Szegedy et al., Rethinking the Inception Architecture, 2016, arXiv 1512.00567.)

    Raises:
        ConfigError: `smoothing` out of range.

    >>> import torch
    >>> CrossEntropy()(torch.zeros(2, 4), torch.tensor([3, MISSING])).tolist()
    [1.0, 0.0]
    """

    kinds: ClassVar[frozenset[str]] = CLASSES

    smoothing: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.smoothing < 1:
            raise ConfigError(f"`smoothing` is at least 0 and below 1; found {self.smoothing!r}")

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Loss a row.

        Args:
            logits: `(n, C)`, or `(n, t, C)` for token tasks.
            target: Class numbers `(n,)` or `(n, t)`; `MISSING` where there is no label.
        """
        classes = logits.shape[-1]
        flat = functional.cross_entropy(
            logits.reshape(-1, classes),
            target.reshape(-1),
            ignore_index=MISSING,
            reduction="none",
            label_smoothing=self.smoothing,
        )
        return by_row(flat.view(target.shape) / math.log(max(2, classes)), target != MISSING)
