"""The base of samplings: one question, `size`: how many rows a set of rows counts as."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from polytask.tasks.task import Task


@dataclass(frozen=True)
class When:
    """An epoch of a training, before it is drawn.

    Args:
        epoch: Its number, from 0.
        epochs: How many there are at most.
        gaps: By finished epoch, by table how far its tasks then were from perfect on dev: 0 for
            perfect, 1 for worthless. Shorter than `epoch` where dev cannot tell.
        tasks: By table the tasks that it has labels for.
        seed: Seed of what a sampling leaves to chance.

    >>> When(2, 5).progress
    0.5
    """

    epoch: int = 0
    epochs: int = 1
    gaps: Sequence[Sequence[float]] = ()
    tasks: Sequence[Sequence[str]] = ()
    seed: int = 0

    @property
    def progress(self) -> float:
        """0 for the first epoch, 1 for the last."""
        return min(1.0, self.epoch / max(1, self.epochs - 1))

    def before(self) -> Iterator[When]:
        """The epochs before this one, each knowing no more than it did then."""
        for epoch in range(self.epoch):
            yield replace(self, epoch=epoch, gaps=self.gaps[:epoch])


class Sampling(ABC):
    """Decides how large and small sets of rows share an epoch."""

    cost: ClassVar[str] = "nothing"

    @abstractmethod
    def size(self, rows: int) -> float:
        """What `rows` rows count as; only ratios matter."""

    def shares(self, sizes: Sequence[int], when: When) -> np.ndarray:
        """What each of several tables counts as in an epoch, `(tables,)`; only ratios matter."""
        del when
        return np.array([self.size(rows) for rows in sizes])

    def pool(self, when: When) -> float:
        """The share of the rows of a table, shortest first, that an epoch may take: above 0."""
        del when
        return 1.0

    def quotas(self, sizes: Sequence[int], when: When | None = None) -> list[int]:
        """Rows an epoch for each of several tables; they sum to about the rows there are."""
        counted = self.shares(sizes, when or When())
        shares = counted / counted.sum() * sum(sizes)
        return [max(1, round(float(share))) for share in shares]

    def factor(self, labelled: int, rows: int) -> float:
        """Weight of a task that only `labelled` of the `rows` rows of its table have a label for.

        Training divides a task's loss by all rows of the batch; the factor brings a sparsely
        labelled task up to what `size` says it should count beside a fully labelled one.
        """
        if labelled == 0:
            return 0.0
        return self.size(labelled) / self.size(rows) * rows / labelled

    def suits(self, tasks: Sequence[Task]) -> None:
        """Refuse tasks that it is not for.

        Raises:
            ConfigError: Such tasks.
        """
        del tasks
