"""Proportional sampling: every row once an epoch."""

from __future__ import annotations

from dataclasses import dataclass

from polytask.learning.sampling.sampling import Sampling


@dataclass(frozen=True)
class Proportional(Sampling):
    """Every row of every table once an epoch, every label with weight one.

    With `Equal` weights this is the plain empirical risk over all rows. (Vapnik, Principles of Risk
    Minimization for Learning Theory, 1991.)

    >>> Proportional().quotas([900, 100])
    [900, 100]
    >>> Proportional().factor(10, 100)
    1.0
    """

    def size(self, rows: int) -> float:
        """`rows` itself."""
        return float(rows)
