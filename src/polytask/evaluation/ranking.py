"""Rankings held against what came true: places, their mean over several, regret, correlation."""

from __future__ import annotations

from statistics import mean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def places(values: Sequence[float]) -> list[float]:
    """By value its place from 0 (the highest) to 1 (the lowest); equal ones share theirs.

    >>> places([0.5, 0.9, 0.1]), places([1.0, 1.0]), places([3.0])
    ([0.5, 0.0, 1.0], [0.5, 0.5], [0.5])
    """
    if len(values) < 2:
        return [0.5] * len(values)
    above = [sum(other > value for other in values) for value in values]
    same = [sum(other == value for other in values) - 1 for value in values]
    return [(a + s / 2) / (len(values) - 1) for a, s in zip(above, same, strict=True)]


def combined(scores: Sequence[Mapping[str, float]]) -> list[float]:
    """By candidate the mean of its places among those that the same judge spoke of.

    Scores of one judge cannot be compared with those of another, places can. One that speaks of a
    single candidate ranks nothing and counts nothing.

    Args:
        scores: By candidate, by judge its score, the higher the better.

    Returns:
        From 0 (first with every judge) to 1; 0.5 where nobody ranked a candidate.

    >>> combined([{"x": 0.1, "y": 70.0}, {"x": 0.3}, {"x": 0.2, "y": 90.0}])
    [1.0, 0.0, 0.25]
    """
    told: list[list[float]] = [[] for _ in scores]
    for judge in sorted({name for one in scores for name in one}):
        spoken = [i for i, one in enumerate(scores) if judge in one]
        if len(spoken) > 1:
            ranks = places([scores[i][judge] for i in spoken])
            for i, place in zip(spoken, ranks, strict=True):
                told[i].append(place)
    return [mean(one) if one else 0.5 for one in told]


def regret(scores: Sequence[float], gains: Sequence[float], best_of: int) -> float:
    """The best gain of all less that of the best among those `best_of` with the highest scores.

    Of equal scores the first counts as higher.

    Args:
        scores: By candidate, what was promised.
        gains: By candidate, what came true.
        best_of: How many are tried.

    >>> regret([0.9, 0.5, 0.1], [0.0, 0.02, 0.03], 1), regret([1, 1, 0], [0.0, 0.02, 0.03], 3)
    (0.03, 0.0)
    """
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    return max(gains) - max(gains[i] for i in order[:best_of])


def correlation(scores: Sequence[float], gains: Sequence[float]) -> float | None:
    """Spearman's rank correlation; `None` below three candidates, or where one side is constant.

    (Spearman, The Proof and Measurement of Association between Two Things, 1904.)

    >>> correlation([1, 2, 3], [0.1, 0.4, 0.9]), correlation([1, 2, 3], [0.5, 0.5, 0.5])
    (1.0, None)
    """
    if len(scores) < 3:
        return None
    one, two = ([rank - 0.5 for rank in places(values)] for values in (scores, gains))
    both = (sum(a * a for a in one) * sum(b * b for b in two)) ** 0.5
    if both == 0.0:
        return None
    return round(sum(a * b for a, b in zip(one, two, strict=True)) / both, 9)
