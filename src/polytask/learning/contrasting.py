"""Contrastive training of an encoder: pairs of rows that are alike, drawn task by task."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from polytask.learning.fitting import trainable_encoder
from polytask.learning.heads.head import Head
from polytask.learning.losses.loss import MISSING
from polytask.learning.losses.supervised_contrastive import SupervisedContrastive
from polytask.learning.neural_part import NeuralPart
from polytask.learning.precision import settle
from polytask.learning.training import Run, complete
from polytask.tasks.task import Fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from polytask.learning.encoders.encoder import Features
    from polytask.learning.recipes.recipe import Context
    from polytask.learning.settings import Settings
    from polytask.tasks.task import Target, Task

STEPS = 10
"""Batches a task in an epoch: few rows make many pairs, so a pass over the rows says little."""


def contrast(tasks: Sequence[Task], fold: Fold, context: Context, settings: Settings) -> NeuralPart:
    """An encoder trained to tell rows that are alike from the rest, with heads `Alike`.

    Args:
        tasks: Tasks about classes or labels.
        fold: Their rows; dev rows are not used.
        context: Seed, encoder, device, …
        settings: The numbers of the run.
    """
    dtype = settle(context)
    encoder = trainable_encoder(tasks, fold, context, settings)
    heads = {task.name: Alike(task, encoder.dim) for task in tasks}
    part = NeuralPart(encoder, heads, dtype=dtype)
    seen = Fold(fold.train, {})
    complete(Contrast(part, seen, context, settings), seen)
    return part


class Alike(Head):
    """Says which rows of a task are alike: those of one class, or with the very same labels.

    It lives in training only; the vectors of the encoder themselves are what is judged.
    """

    cost: ClassVar[str] = "nothing"

    def forward(self, features: Features) -> Tensor:
        """The vectors, `(n, d)`."""
        return features.vector

    def encode(self, targets: Sequence[Target | None]) -> list[np.ndarray]:
        """A number for each class or set of labels; a row without any is `MISSING`."""
        names = [repr(sorted(t) if isinstance(t, list) else t) if t else "" for t in targets]
        numbers = {name: i for i, name in enumerate(sorted({*names} - {""}))}
        return [np.asarray(numbers.get(name, MISSING)) for name in names]

    def loss(self) -> SupervisedContrastive:
        """The log loss of finding the rows that are alike among all of a batch."""
        return SupervisedContrastive()


class Contrast(Run):
    """A run whose batches are pairs that are alike in one task, held against each other.

    The heads are `Alike`. Each task gets as many pairs as any other, however few rows it has, and
    nothing grows faster than the rows.
    """

    def finish(self) -> None:
        """As any run; how often rows were seen goes by the pairs drawn."""
        super().finish()
        drawn = self.progress.epoch * STEPS * (self.settings.batch_size // 2) * 2
        for table in self.tables.values():
            for task in table.factors:
                rows = sum(int(number) != MISSING for number in table.targets[task])
                self.part.passes[task] = round(drawn / max(1, rows), 2)

    def _batches(self, epoch: int) -> list[list[tuple[str, np.ndarray]]]:
        rng = np.random.default_rng((self.context.seed, epoch, 11))
        sources = [
            (name, np.array(table.targets[task]))
            for name, table in self.tables.items()
            for task in table.factors
        ]
        size = self.settings.batch_size // 2
        return [
            [(name, pairs(numbers, size, rng))]
            for _ in range(STEPS)
            for name, numbers in sources
            if (numbers != MISSING).any()
        ]


def pairs(numbers: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` pairs of rows that are alike: first one row of each, then the others in that order.

    A row that is like no other is its own partner; dropout makes the two differ (Gao et al.,
    SimCSE, 2021, arXiv 2104.08821).

    Args:
        numbers: The class of each row, `(n,)`; `MISSING` where it has none.
        count: How many pairs.
        rng: The source of chance.

    >>> drawn = pairs(np.array([0, 0, MISSING]), 2, np.random.default_rng(0))
    >>> drawn.tolist() in ([0, 1, 1, 0], [1, 0, 0, 1])
    True
    """
    known = np.flatnonzero(numbers != MISSING)
    passes = -(-count // len(known))
    first = np.concatenate([rng.permutation(known) for _ in range(passes)])[:count]
    second = [_partner(numbers, int(row), rng) for row in first]
    return np.concatenate([first, np.array(second, dtype=first.dtype)])


def _partner(numbers: np.ndarray, row: int, rng: np.random.Generator) -> int:
    alike = np.flatnonzero(numbers == numbers[row])
    others = alike[alike != row]
    return int(rng.choice(others)) if len(others) else row
