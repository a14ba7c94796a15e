"""What moved while tasks were learned together: how their gradients lie, which layers changed.

And what a step for one task does to the loss of another, as gradients foretell it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import chain, combinations, permutations, product
from statistics import mean
from typing import TYPE_CHECKING, Any

import torch

from polytask.learning.linearised import Projection
from polytask.learning.looking import Look
from polytask.learning.transfer.transfer import trained

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy as np
    from torch import Tensor

    from polytask.learning.encoders.encoder import Encoder
    from polytask.learning.training import Run

    Rows = Sequence[tuple[str, np.ndarray]]
    Affinity = Mapping[str, Mapping[str, float]]

LOOKS = 4
"""Batches of each table that gradients are taken from: one at the start of each epoch after the
first, as long as one is left for the end, and there the rest."""
_PIECE = 1 << 20


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


@dataclass(frozen=True)
class Gradients:
    """Gradients of tasks at the trained numbers that they share, added up over batches.

    Args:
        sums: By task the sum of the gradients of its mean losses of a row, `(numbers,)`.
        losses: By task the sum of these losses.
        batches: By task how many they are.

    >>> rising = Gradients()
    >>> rising.add("a", torch.tensor([1.0, 0.0]), 2.0)
    >>> rising.add("b", torch.tensor([3.0, 4.0]), 0.5)
    >>> rising.affinities(0.1)
    {'a': {'b': 0.6}, 'b': {'a': 0.15}}
    """

    sums: dict[str, Tensor] = field(default_factory=dict)
    losses: dict[str, float] = field(default_factory=dict)
    batches: Counter[str] = field(default_factory=Counter)

    def add(self, task: str, gradient: Tensor, loss: float) -> None:
        """Add those of one batch."""
        self.sums[task] = gradient.bfloat16() + self.sums.get(task, 0)  # half the room: many tasks
        self.losses[task] = loss + self.losses.get(task, 0.0)
        self.batches[task] += 1

    def norms(self) -> dict[str, float]:
        """By task the length of its sum."""
        return {task: _shown(length) for task, length in self._lengths().items()}

    def cosines(self) -> dict[str, dict[str, float]]:
        """By task the cosine of its sum with that of each task after it; 0 where one is 0."""
        dots, lengths = self._dots(), self._lengths()
        found: dict[str, dict[str, float]] = {}
        for one, two in combinations(self.sums, 2):
            both = lengths[one] * lengths[two]
            found.setdefault(one, {})[two] = round(dots[one, two] / both, 4) if both else 0.0
        return found

    def affinities(self, rate: float) -> dict[str, dict[str, float]]:
        r"""By task, by other task: the share of the other's loss that a step for the task takes.

        To the first order, :math:`1 - L_j(\theta - \eta g_i) / L_j(\theta) \approx
        \eta\, g_i^\top g_j / L_j`, with the rate :math:`\eta` and the gradients :math:`g` of the
        mean losses :math:`L` at the shared numbers :math:`\theta`; below 0 where the step harms.
        (Fifty et al., Efficiently Identifying Task Groupings for Multi-Task Learning, 2021, arXiv
        2109.04617; gradients instead of steps: Li et al., 2024, arXiv 2409.06091.)

        Args:
            rate: The length of the step over that of the gradient.
        """
        dots = self._dots()
        found: dict[str, dict[str, float]] = {}
        for one, two in permutations(self.sums, 2):
            if self.losses[two] > 0:  # one that vanishes has no share to take
                share = dots[one, two] / (self.batches[one] * self.losses[two])
                found.setdefault(one, {})[two] = _shown(rate * share)
        return found

    def _lengths(self) -> dict[str, float]:
        return {task: float(flat.float().norm()) for task, flat in self.sums.items()}

    def _dots(self) -> dict[tuple[str, str], float]:
        """By pair the product of their sums; piece by piece, as all in full would fill the room."""
        every = list(self.sums.values())
        table = torch.zeros(len(every), len(every))
        for start in range(0, every[0].numel() if every else 0, _PIECE):
            piece = torch.stack([flat[start : start + _PIECE] for flat in every]).float()
            table += (piece @ piece.T).cpu()
        pairs = product(self.sums, self.sums)
        return dict(zip(pairs, chain.from_iterable(table.tolist()), strict=True))


def pulls(run: Run, batches: Iterable[Rows]) -> dict[str, Any]:
    """How the gradients of tasks lie to each other at the trained numbers that they share.

    Taken of the mean loss of a row, without dropout. A cosine below 0 says that what helps one
    task harms the other, as far as one step tells. (Yu et al., Gradient Surgery for Multi-Task
    Learning, 2020, arXiv 2001.06782.)

    Args:
        run: A training whose best numbers are in place.
        batches: Batches of training rows; the first of each table are looked at.

    Returns:
        `norms` by task; `cosines` by task and each task after it; `affinity` by task and each
        other task (see `Gradients.affinities`), the mean over this look and those that were taken
        during training; `projected` by task and each other task (see `Projection.gains`). Empty
        where tasks share no trained number.
    """
    short = Projection()
    found = _gradients(run, batches, LOOKS - len(run.progress.looks), short)
    if not found.sums:
        return {}
    looks = [*run.progress.looks, found.affinities(run.settings.learning_rate)]
    told = {"norms": found.norms(), "cosines": found.cosines(), "affinity": average(looks)}
    return {**told, "projected": short.gains()}


def foretell(run: Run, batches: Iterable[Rows]) -> None:
    """Keep what one batch of each table tells of affinities; the training goes on as without.

    Args:
        run: A training that begins an epoch; one that has used up its looks stays as it is.
        batches: Batches of training rows; the first of each table is looked at.
    """
    if len(run.progress.looks) == LOOKS - 1:
        return
    parts = (run.part.encoder, *run.part.heads.values())
    modes = [(module, module.training) for part in parts for module in part.modules()]
    found = _gradients(run, batches, 1)
    for module, training in modes:
        module.training = training
    run.progress.looks.append(found.affinities(run.settings.learning_rate))


def average(looks: Sequence[Affinity]) -> dict[str, dict[str, float]]:
    """By pair the mean over the looks that tell of it.

    >>> average([{"a": {"b": 1.0}}, {}, {"a": {"b": 0.5}, "b": {"a": 2.0}}])
    {'a': {'b': 0.75}, 'b': {'a': 2.0}}
    """
    told: dict[str, dict[str, list[float]]] = {}
    for look in looks:
        for one, others in look.items():
            for two, value in others.items():
                told.setdefault(one, {}).setdefault(two, []).append(value)
    return {
        one: {two: _shown(mean(values)) for two, values in others.items()}
        for one, others in told.items()
    }


def _gradients(
    run: Run, batches: Iterable[Rows], count: int, short: Projection | None = None
) -> Gradients:
    """Of the first `count` batches of each table; nothing where tasks share no trained number.

    Those of each batch are added to `short`, too.
    """
    encoder, heads = run.part.encoder, run.part.heads
    shared = [number for number in encoder.parameters() if number.requires_grad]
    total = Gradients()
    if len(encoder.voices(list(heads))) > 1 or not shared:
        return total
    for module in (encoder, *heads.values()):
        module.eval()
    for batch in _few(run, batches, count):
        for task, rows in Look(run, batch)().losses.items():
            loss = rows.mean()
            found = torch.autograd.grad(loss, shared, retain_graph=True, allow_unused=True)
            flat = torch.cat([_filled(*pair).flatten() for pair in zip(found, shared, strict=True)])
            total.add(task, flat, float(loss.detach()))
            if short is not None:
                short.add(task, flat, float(loss.detach()))
    return total


def _few(run: Run, batches: Iterable[Rows], count: int) -> Iterator[Rows]:
    """The first `count` batches of each table."""
    seen = dict.fromkeys(run.tables, 0)
    for batch in batches:
        if any(seen[table] < count for table, _ in batch):
            yield batch
        for table, _ in batch:
            seen[table] += 1


def _filled(gradient: Tensor | None, number: Tensor) -> Tensor:
    return torch.zeros_like(number) if gradient is None else gradient


def _shown(value: float) -> float:
    return float(f"{value:.4g}")
