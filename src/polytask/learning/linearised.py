"""What tasks would take off each other's losses, from gradients at one point, made short.

A network is taken for its linear approximation there, and gradients are projected at random onto
few directions, so that those of many batches fit into memory and a step of second order is a small
system of equations. (Li et al., Scalable Multitask Learning Using Gradient-based Estimation of Task
Affinity, 2024, arXiv 2409.06091, who fit it row by row; here a gradient is that of a batch.)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import permutations
from statistics import mean
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

WIDTH = 4093
"""Directions that are left of all numbers. A prime, so that pieces of that length lie across the
rows of weights: gradients of a layer resemble each other row by row."""


@dataclass
class Projection:
    r"""Projected gradients of batches, by task, and what they foretell.

    A gradient is cut into pieces of `width` numbers, each piece gets a sign at random, and they are
    added up (a count sketch: Charikar et al., Finding Frequent Items in Data Streams, 2002): inner
    products stay the same on average. It takes one pass over the numbers.

    Args:
        width: Directions that are left.

    >>> both = Projection(width=4)
    >>> both.add("a", torch.tensor([1.0, 0.0]), 0.5)
    >>> both.add("b", torch.tensor([1.0, 0.0]), 1.0)
    >>> both.gains()
    {'a': {'b': 0.3333}, 'b': {'a': 0.1667}}
    """

    width: int = WIDTH
    rows: dict[str, list[Tensor]] = field(default_factory=dict)
    losses: dict[str, list[float]] = field(default_factory=dict)
    _signs: Tensor | None = None

    def add(self, task: str, gradient: Tensor, loss: float) -> None:
        """Add the gradient `(numbers,)` of a batch of `task`, and its mean loss of a row."""
        flat = gradient.float().cpu()
        whole = len(flat) // self.width
        if self._signs is None:
            chance = torch.Generator().manual_seed(0)  # not that of the training, which goes on
            self._signs = torch.randint(0, 2, (whole,), generator=chance).float() * 2 - 1
        sketch = self._signs @ flat[: whole * self.width].view(whole, self.width)
        rest = flat[whole * self.width :]
        sketch[: len(rest)] += rest
        self.rows.setdefault(task, []).append(sketch)
        self.losses.setdefault(task, []).append(loss)

    def gains(self) -> dict[str, dict[str, float]]:
        r"""By task, by other task: what learning both takes off the task's loss, beyond it alone.

        With the gradients :math:`g_b` of the batches of a set of tasks, the sum :math:`g` of the
        tasks' means and :math:`F = \sum_b g_b g_b^\top` in place of the curvature, the set would
        step :math:`w = -(F + \lambda I)^{-1} g`, with :math:`\lambda` the mean squared length of
        :math:`g_b`; that takes :math:`-g_i^\top w / L_i` off the loss of a task i. Above 0 company
        helps. Rows that gradients are of judge them too, which flatters the task alone: it ranks.
        """
        found: dict[str, dict[str, float]] = {}
        known = [task for task, losses in self.losses.items() if mean(losses) > 0]
        alone = {task: self._taken(task, [task]) for task in known}
        for task, other in permutations(known, 2):
            gain = self._taken(task, [task, other]) - alone[task]
            found.setdefault(task, {})[other] = float(f"{gain:.4g}")
        return found

    def _taken(self, task: str, learned: Sequence[str]) -> float:
        """Share of the loss of `task` that a step for the tasks `learned` takes off it."""
        batches = torch.stack([row for one in learned for row in self.rows[one]]).double()
        means = torch.stack([torch.stack(self.rows[one]).mean(0) for one in learned]).double()
        # In the span of the batches, of which there are few: a system of that size.
        inner = batches @ batches.T
        strength = float(inner.diagonal().mean())
        if strength == 0.0:
            return 0.0
        both = means.sum(0)
        rest = torch.linalg.solve(inner + strength * torch.eye(len(inner)), batches @ both)
        step = (both - batches.T @ rest) / strength
        own = torch.stack(self.rows[task]).mean(0).double()
        return float(own @ step) / mean(self.losses[task])
