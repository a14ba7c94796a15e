"""Started balancers: modules that turn the losses of a batch into one number."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, TypeAlias

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

Shared: TypeAlias = "Tensor | Sequence[Tensor] | None"
"""What the tasks share: features `(…, d)` that the losses were computed from, or parameters."""


class Weighting(nn.Module):
    """A started balancer; its two clocks are `update` and `step`, which do nothing by default.

    Attributes:
        looks_back: Whether `update` is to be called.
    """

    looks_back: bool = False

    @abstractmethod
    def forward(self, losses: Mapping[str, Tensor], shared: Shared = None) -> Tensor:
        """One number to minimise.

        Args:
            losses: By task the loss of this batch; a batch may lack some tasks.
            shared: For methods that look at the gradients of each loss there.
        """

    def update(self, losses: Mapping[str, Tensor]) -> None:
        """After a step of the optimiser: the losses of the same batch once more."""

    def step(self) -> None:
        """After an epoch."""


class Sum(Weighting):
    """The sum of the losses."""

    def forward(self, losses: Mapping[str, Tensor], shared: Shared = None) -> Tensor:
        """The sum of `losses`."""
        del shared
        return torch.stack(list(losses.values())).sum()


class LogVariances(Weighting):
    """Losses divided by learned variances, plus what keeps the variances from growing.

    Args:
        tasks: Task names.
        start_at: First value of the logarithms of the variances.
        price: What a logarithm costs.
    """

    def __init__(self, tasks: Sequence[str], start_at: float, price: float = 0.5) -> None:
        super().__init__()
        self.numbers = {task: i for i, task in enumerate(tasks)}
        self.log_variances = nn.Parameter(torch.full((len(tasks),), float(start_at)))
        self.price = price

    def forward(self, losses: Mapping[str, Tensor], shared: Shared = None) -> Tensor:
        """The weighted sum of `losses` and the price of the log-variances of their tasks."""
        del shared
        index = [self.numbers[task] for task in losses]
        s = self.log_variances[index]
        return (torch.exp(-s) * torch.stack(list(losses.values())) + self.price * s).sum()
