"""Uncertainty weights: each loss is divided by a learned variance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from polytask.learning.balancing.balancer import Balancer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.balancing.weightings import Weighting


@dataclass(frozen=True)
class Uncertainty(Balancer):
    r"""Losses weighted by learned homoscedastic uncertainty.

    $\sum_t e^{-s_t} \ell_t + s_t / 2$ with one learned $s_t = \log \sigma_t^2$ a task, begun at
    `start_at`. A task that stays hard comes to count less. (Kendall, Gal & Cipolla, Multi-Task
    Learning Using Uncertainty to Weigh Losses, 2018, arXiv 1705.07115.)

    Args:
        start_at: The first value of every $s_t$.

    >>> import torch
    >>> weigh = Uncertainty().start(["a", "b"])
    >>> weigh({"a": torch.tensor(1.0), "b": torch.tensor(2.0)}).item()
    3.0
    """

    cost: ClassVar[str] = "a number a task"

    start_at: float = 0.0

    def start(self, tasks: Sequence[str]) -> Weighting:
        """Weights with one parameter a task."""
        from polytask.learning.balancing.weightings import LogVariances

        return LogVariances(tasks, self.start_at)
