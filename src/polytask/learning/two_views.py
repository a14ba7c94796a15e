"""Two views of each text, apart by dropout alone, are found again among those of a batch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import torch
from torch.nn import functional

from polytask.learning.self_supervised import Objective

if TYPE_CHECKING:
    from torch import Tensor

    from polytask.learning.encoders.encoder import Encoder
    from polytask.tasks.task import Task


class TwoViews(Objective):
    """Reads each row twice, with other dropout; see `in_batch`.

    Args:
        task: Any task of the encoder.
        dim: Width of the features.
        tau: The temperature of `in_batch`.
    """

    told: ClassVar[str] = "two views"

    def __init__(self, task: Task, dim: int, tau: float) -> None:
        super().__init__(task, dim)
        self.tau = tau

    def price(self, encoder: Encoder, batch: dict[str, Tensor]) -> Tensor:
        """The loss of finding the second view of each row."""
        return in_batch(encoder(batch).vector, encoder(batch).vector, self.tau)


def in_batch(first: Tensor, second: Tensor, tau: float) -> Tensor:
    r"""The log loss of finding the partner of each vector among all partners of the batch.

    $-\frac{1}{n} \sum_i \log \frac{e^{\cos(u_i, v_i) / \tau}}{\sum_j e^{\cos(u_i, v_j) / \tau}}$,
    divided by log n, its value where all vectors are alike. A row alone costs 0.

    Args:
        first: Vectors $u$ `(n, d)` of any length.
        second: Their partners $v$ `(n, d)`.
        tau: The temperature, above 0.

    >>> in_batch(torch.ones(4, 2), torch.ones(4, 2), 0.05).item()
    1.0
    """
    likeness = functional.normalize(first, dim=1) @ functional.normalize(second, dim=1).T
    own = torch.arange(len(first), device=first.device)
    return functional.cross_entropy(likeness.float() / tau, own) / math.log(max(2, len(first)))
