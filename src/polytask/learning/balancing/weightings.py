"""Started balancers: modules that turn the losses of a batch into one number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor


class Sum(nn.Module):
    """The sum of the losses."""

    def forward(self, losses: Mapping[str, Tensor], shared: Tensor | None = None) -> Tensor:
        """The sum of `losses`."""
        del shared
        return torch.stack(list(losses.values())).sum()


class LogVariances(nn.Module):
    """Losses divided by learned variances, plus what keeps the variances from growing.

    Args:
        tasks: Task names.
        start_at: First value of the logarithms of the variances.
    """

    def __init__(self, tasks: Sequence[str], start_at: float) -> None:
        super().__init__()
        self.numbers = {task: i for i, task in enumerate(tasks)}
        self.log_variances = nn.Parameter(torch.full((len(tasks),), float(start_at)))

    def forward(self, losses: Mapping[str, Tensor], shared: Tensor | None = None) -> Tensor:
        """The weighted sum of `losses` and half the log-variances of their tasks."""
        del shared
        index = [self.numbers[task] for task in losses]
        s = self.log_variances[index]
        return (torch.exp(-s) * torch.stack(list(losses.values())) + s / 2).sum()
