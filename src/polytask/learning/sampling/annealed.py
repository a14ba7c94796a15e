"""Annealed sampling: the temperature changes from epoch to epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from polytask._errors import ConfigError
from polytask.learning.sampling.sampling import Sampling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.sampling.sampling import When


@dataclass(frozen=True)
class Annealed(Sampling):
    r"""A table of $n$ rows is seen in proportion to $n^a$, and $a$ moves from epoch to epoch.

    $a$ moves linearly from $1 / T_{start}$ in the first epoch to $1 / T_{end}$ in the last. The
    paper begins with proportional sampling and ends with $a = 0.2$, since tasks disturb each other
    most at the end; `Annealed(start=5.0, end=1.0)` goes the other way. The weight of a task that
    few rows of its table are labelled for is that of $T_{end}$ throughout. (Stickland & Murray,
    BERT and PALs, 2019, arXiv 1902.02671: annealed sampling.)

    Args:
        start: $T_{start}$, at least 1.
        end: $T_{end}$, at least 1.

    Raises:
        ConfigError: A temperature below 1.

    >>> from polytask.learning.sampling.sampling import When
    >>> [Annealed().quotas([900, 100], When(epoch, 3)) for epoch in range(3)]
    [[900, 100], [789, 211], [608, 392]]
    """

    start: float = 1.0
    end: float = 5.0

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            if not getattr(self, name) >= 1:
                raise ConfigError(f"`{name}` is at least 1; found {getattr(self, name)!r}")

    def size(self, rows: int) -> float:
        """`rows` to the power $1 / T_{end}$."""
        return float(rows ** (1.0 / self.end))

    def shares(self, sizes: Sequence[int], when: When) -> np.ndarray:
        """`sizes` to the power of this epoch."""
        power = (1.0 - when.progress) / self.start + when.progress / self.end
        return np.asarray(sizes, dtype=float) ** power
