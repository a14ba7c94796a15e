"""How alike the inputs of tasks are to a frozen encoder, and how many rows there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from polytask.learning.proposing.proposer import Gain, Pairwise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from polytask.learning.proposing.known import Known

    Values = Mapping[tuple[str, str], float]


@dataclass(frozen=True)
class FeatureSimilarity(Pairwise):
    """The mean of two ranks among all pairs: likeness of inputs, and rows of the other task.

    Likeness is the cosine of the mean features of inputs, by a frozen encoder; that it ranks
    helpers well together with size: Poth et al., What to Pre-Train on? Efficient Intermediate Task
    Selection, 2021, arXiv 2104.08247. A rank is the share of pairs that have less, ties half.

    >>> from polytask.learning.probing import Labelled
    >>> from polytask.learning.proposing.known import Known
    >>> at = {"a": [[1.0, 0.0]], "b": [[1.0, 0.1]], "c": [[0.0, 1.0]]}
    >>> samples = {task: Labelled(np.array(rows), np.zeros(1), []) for task, rows in at.items()}
    >>> known = Known({}, samples=samples, rows={"a": 9, "b": 9, "c": 9})
    >>> FeatureSimilarity().pair("a", "b", known)
    Gain(score=0.666667, reason='inputs of a and b alike (cosine 1.00), 9 rows of b')
    """

    cost: ClassVar[str] = "one pass of the encoder over 300 rows a table, unless kept"

    def pair(self, task: str, other: str, known: Known) -> Gain | None:
        """The mean of both ranks."""
        if (task, other) not in known.alike:
            return None
        alike, sizes = known.recall(FeatureSimilarity, lambda: _ranks(known))
        score = (alike[task, other] + sizes[task, other]) / 2
        told = f"inputs of {task} and {other} alike (cosine {known.alike[task, other]:.2f})"
        rows = known.rows.get(other, 0)
        return Gain(round(score, 6), f"{told}, {rows:,} rows of {other}")


def _ranks(known: Known) -> tuple[Values, Values]:
    """Of every pair by likeness, and by the rows of the other task."""
    sizes = {(a, b): float(known.rows.get(b, 0)) for a, b in known.alike}
    return shares(known.alike), shares(sizes)


def shares(values: Values) -> dict[tuple[str, str], float]:
    """By pair the share of all pairs whose value is less, half of those whose value is the same.

    >>> shares({("a", "b"): 1.0, ("b", "a"): 3.0})
    {('a', 'b'): 0.25, ('b', 'a'): 0.75}
    """
    every = np.array(list(values.values())).round(9)
    return {
        pair: float(np.mean(every < value) + np.mean(every == value) / 2)
        for pair, value in zip(values, every, strict=True)
    }
