"""A bandit over tables: those whose turn did the main task no harm get more turns."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from polytask._errors import ConfigError
from polytask.learning.sampling.temperature import Temperature

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.sampling.sampling import When
    from polytask.tasks.task import Task


@dataclass(frozen=True)
class AutoSeM(Temperature):
    r"""In each epoch one table has its turn: it takes a share $s$ of the rows, all share the rest.

    The turn is drawn by Thompson sampling: each table $k$ draws $\theta_k \sim Beta(a_k, b_k)$, and
    the largest wins. $a_k = b_k = 1$ at first. After an epoch all counts move by $d$ of the way
    back to 1; then the table whose turn it was gains 1 in $a$ if dev of the main task did not
    fall, and 1 in $b$ if it fell. The first epoch judges nobody, since there is nothing to fall
    from: one arm an epoch learns little from few epochs. The rest of the rows is shared as in
    `Temperature`. (Guo et al., AutoSeM: Automatic Task Selection and Mixing in Multi-Task Learning,
    2019, arXiv 1904.04153. Their first stage, which selects; the second, a search for the mixing
    ratio, is not here. Their turns are some batches long and whole, here $s$ of an epoch.)

    Args:
        temperature: T, at least 1.
        share: $s$, above 0 and at most 1.
        decay: $d$, from 0, where nothing is forgotten, to below 1.
        main: The task that the others are to help; dev of its table is looked at. `None`: all.

    Raises:
        ConfigError: A value out of range.

    >>> from polytask.learning.sampling.sampling import When
    >>> AutoSeM().quotas([100, 100], When(0, 3))
    [150, 50]
    >>> AutoSeM().counts(2, When(3, 5, [[0.5, 0.5], [0.4, 0.4], [0.6, 0.6]])).tolist()
    [[1.9, 2.0], [1.0, 1.0]]
    """

    temperature: float = 2.0
    share: float = 0.5
    decay: float = 0.1
    main: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.share <= 1:
            raise ConfigError(f"`share` is above 0 and at most 1; found {self.share!r}")
        if not 0 <= self.decay < 1:
            raise ConfigError(f"`decay` is at least 0 and below 1; found {self.decay!r}")

    def suits(self, tasks: Sequence[Task]) -> None:
        """Refuse tasks among which the main one is not.

        Raises:
            ConfigError: Such tasks.
        """
        names = [task.name for task in tasks]
        if self.main is not None and self.main not in names:
            raise ConfigError(
                f"`sampling` AutoSeM looks at dev of its `main` task, which is among those that "
                f"are trained; found `main` {self.main!r} and {', '.join(names)}"
            )

    def shares(self, sizes: Sequence[int], when: When) -> np.ndarray:
        """Those of `Temperature`, and on top of them the table whose turn it is."""
        plain = super().shares(sizes, when)
        found: np.ndarray = (1 - self.share) * plain / plain.sum()
        found[_turn(self.counts(len(sizes), when), when.epoch, when.seed)] += self.share
        return found

    def counts(self, tables: int, when: When) -> np.ndarray:
        """$a_k$ and $b_k$ before an epoch, `(tables, 2)`."""
        counts = np.ones((tables, 2))
        told = [self._gap(gaps, when) for gaps in when.gaps]
        for epoch, (before, after) in enumerate(pairwise(told), start=1):
            turn = _turn(counts, epoch, when.seed)
            counts += self.decay * (1 - counts)
            counts[turn, int(after > before)] += 1
        return counts

    def _gap(self, gaps: Sequence[float], when: When) -> float:
        """What is lacking to perfection on dev: where the main task is, else on the mean."""
        if self.main is None:
            return float(np.mean(gaps))
        told = zip(gaps, when.tasks, strict=True)
        return next(gap for gap, tasks in told if self.main in tasks)


def _turn(counts: np.ndarray, epoch: int, seed: int) -> int:
    """The table that wins the draw of an epoch; the same whenever it is asked."""
    draws = np.random.default_rng((seed, epoch, 11)).beta(counts[:, 0], counts[:, 1])
    return int(draws.argmax())
