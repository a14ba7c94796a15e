"""What moved while tasks were learned together: how their gradients lie, which layers changed."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import torch

from polytask.learning.looking import Look
from polytask.learning.transfer.transfer import trained

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy as np
    from torch import Tensor

    from polytask.learning.encoders.encoder import Encoder
    from polytask.learning.training import Run

    Rows = Sequence[tuple[str, np.ndarray]]

LOOKS = 4
"""Batches of each table that gradients are taken from."""


class Start:
    """The trained numbers of each layer of an encoder as they are now.

    >>> from torch import nn
    >>> class Two(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.layers = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])
    ...     def strata(self):
    ...         return list(self.layers)
    >>> two = Two()
    >>> start = Start(two)
    >>> _ = two.layers[1].requires_grad_(False).weight.mul_(2), two.layers[1].bias.mul_(2)
    >>> [round(change, 4) for change in start.changes()]
    [0.0, 1.0]
    """

    def __init__(self, encoder: Encoder) -> None:
        self.layers = [
            [(number, number.detach().clone()) for number in trained(layer)]
            for layer in encoder.strata()
        ]

    def changes(self) -> list[float]:
        """By layer, from bottom to top, the length of its change over its length before.

        0 where nothing of a layer was trained, or all of it began at 0.
        """
        return [self._change(layer) for layer in self.layers]

    def _change(self, layer: Sequence[tuple[Tensor, Tensor]]) -> float:
        before = sum(float(old.square().sum()) for _, old in layer)
        moved = sum(float((new.detach() - old).square().sum()) for new, old in layer)
        return (moved / before) ** 0.5 if before else 0.0


def pulls(run: Run, batches: Iterable[Rows]) -> dict[str, Any]:
    """How the gradients of tasks lie to each other at the trained numbers that they share.

    Taken of the mean loss of a row, without dropout. A cosine below 0 says that what helps one
    task harms the other, as far as one step tells. (Yu et al., Gradient Surgery for Multi-Task
    Learning, 2020, arXiv 2001.06782.)

    Args:
        run: A training whose best numbers are in place.
        batches: Batches of training rows; the first of each table are looked at.

    Returns:
        `norms` by task; `cosines` by task and each task after it. Empty where tasks share no
        trained number.
    """
    encoder, heads = run.part.encoder, run.part.heads
    shared = [number for number in encoder.parameters() if number.requires_grad]
    if len(encoder.voices(list(heads))) > 1 or not shared:
        return {}
    for module in (encoder, *heads.values()):
        module.eval()
    sums: dict[str, Tensor] = {}
    for batch in _few(run, batches):
        for task, rows in Look(run, batch)().losses.items():
            found = torch.autograd.grad(rows.mean(), shared, retain_graph=True, allow_unused=True)
            flat = torch.cat([_filled(*pair).flatten() for pair in zip(found, shared, strict=True)])
            sums[task] = flat.bfloat16() + sums.get(task, 0)  # half the room: many tasks
    norms = {task: float(flat.float().norm()) for task, flat in sums.items()}
    cosines: dict[str, dict[str, float]] = {}
    for one, two in combinations(sums, 2):
        dot = float(sums[one].float() @ sums[two].float())
        both = norms[one] * norms[two]
        cosines.setdefault(one, {})[two] = round(dot / both, 4) if both else 0.0
    return {"norms": {task: float(f"{norm:.4g}") for task, norm in norms.items()}} | {
        "cosines": cosines
    }


def _few(run: Run, batches: Iterable[Rows]) -> Iterator[Rows]:
    """The first batches of each table."""
    seen = dict.fromkeys(run.tables, 0)
    for batch in batches:
        if any(seen[table] < LOOKS for table, _ in batch):
            yield batch
        for table, _ in batch:
            seen[table] += 1


def _filled(gradient: Tensor | None, number: Tensor) -> Tensor:
    return torch.zeros_like(number) if gradient is None else gradient
