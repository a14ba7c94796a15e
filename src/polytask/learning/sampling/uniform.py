"""Uniform sampling: every table as often as any other."""

from __future__ import annotations

from dataclasses import dataclass

from polytask.learning.sampling.sampling import Sampling


@dataclass(frozen=True)
class Uniform(Sampling):
    """As many rows of each table, and of each task within one, as of any other.

    The limit of `Temperature` for a large T; small tables are seen many times an epoch. (Caruana,
    Multitask Learning, 1997: tasks take turns.)

    >>> Uniform().quotas([900, 100])
    [500, 500]
    """

    def size(self, rows: int) -> float:
        """1, whatever `rows` is."""
        del rows
        return 1.0
