"""Meta-learning: an encoder learns to be a good start, from episodes that each show one task."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from polytask.learning.fitting import trainable_encoder
from polytask.learning.neural_part import NeuralPart, head_for
from polytask.learning.precision import settle
from polytask.learning.training import Run
from polytask.tasks.task import Fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.recipes.recipe import Context
    from polytask.learning.settings import Settings
    from polytask.tasks.task import Task

EPISODES = 4
"""Episodes a task in an epoch: each task counts as any other, however many rows it has."""


class Episodes(Run):
    """A run whose batches are episodes: rows of one task, in the pieces that `pieces` draws.

    Each task stands on a table of its own, called as the task (see `each_alone`).
    """

    def __init__(self, part: NeuralPart, fold: Fold, context: Context, settings: Settings) -> None:
        super().__init__(part, fold, context, settings)
        self.start = None  # what moved between tasks is not told: no step has two of them

    @abstractmethod
    def pieces(self, task: str, rng: np.random.Generator) -> list[np.ndarray]:
        """The rows of an episode of `task`, in as many pieces as one needs."""

    def finish(self) -> None:
        """As any run; how often rows were seen goes by the rows that episodes drew."""
        super().finish()
        drawn = dict.fromkeys(self.tables, 0)
        for epoch in range(self.progress.epoch):
            for batch in self._batches(epoch):
                for task, index in batch:
                    drawn[task] += len(index)
        rows = {task: len(table) for task, table in self.tables.items()}
        self.part.passes = {task: round(n / rows[task], 2) for task, n in drawn.items()}

    def _batches(self, epoch: int) -> list[list[tuple[str, np.ndarray]]]:
        rng = np.random.default_rng((self.context.seed, epoch, 13))
        order = [str(name) for _ in range(EPISODES) for name in rng.permutation([*self.tables])]
        return [[(task, piece) for piece in self.pieces(task, rng)] for task in order]


def each_alone(tasks: Sequence[Task], fold: Fold) -> Fold:
    """The labelled training rows of each task as a table of its own, without dev rows."""
    return Fold({task.name: fold.train[task.table].labelled(task.name) for task in tasks}, {})


def fresh_part(
    tasks: Sequence[Task], fold: Fold, context: Context, settings: Settings
) -> NeuralPart:
    """The encoder to tune, with a fresh head a task.

    Args:
        tasks: The tasks.
        fold: Their rows.
        context: Seed, encoder, device, …
        settings: The numbers of the run.
    """
    dtype = settle(context)
    encoder = trainable_encoder(tasks, fold, context, settings)
    heads = {task.name: head_for(task, encoder.dim) for task in tasks}
    for task in tasks:
        heads[task.name].fit(fold.train[task.table].targets[task.name])
        heads[task.name].to(context.device)
    return NeuralPart(encoder, heads, dtype=dtype)


def in_turn(count: int, wanted: int, rng: np.random.Generator) -> np.ndarray:
    """`wanted` of `count` rows at random, none again before all have been.

    >>> sorted(in_turn(3, 6, np.random.default_rng(0)).tolist())
    [0, 0, 1, 1, 2, 2]
    """
    passes = -(-wanted // max(1, count))
    return np.concatenate([rng.permutation(count) for _ in range(passes)])[:wanted]
