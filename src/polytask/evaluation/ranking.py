"""Rankings held against what came true: places, their mean over several, regret, correlation."""

from __future__ import annotations

import math
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


def ranked(scores: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
    """By candidate, by judge its place among those that the same judge spoke of.

    One that speaks of a single candidate ranks nothing and is left out.

    Args:
        scores: By candidate, by judge its score, the higher the better.

    >>> ranked([{"x": 0.1, "y": 70.0}, {"x": 0.3, "z": 1.0}, {"y": 90.0}])
    [{'x': 1.0, 'y': 1.0}, {'x': 0.0}, {'y': 0.0}]
    """
    found: list[dict[str, float]] = [{} for _ in scores]
    for judge in sorted({name for one in scores for name in one}):
        spoken = [i for i, one in enumerate(scores) if judge in one]
        for i, place in zip(spoken, places([scores[i][judge] for i in spoken]), strict=True):
            if len(spoken) > 1:
                found[i][judge] = place
    return found


def combined(scores: Sequence[Mapping[str, float]]) -> list[float]:
    """By candidate the mean of its places with all judges; 0.5 where nobody ranked it.

    Scores of one judge cannot be compared with those of another, places can.

    Args:
        scores: By candidate, by judge its score, the higher the better.

    Returns:
        From 0 (first with every judge) to 1.

    >>> combined([{"x": 0.1, "y": 70.0}, {"x": 0.3}, {"x": 0.2, "y": 90.0}])
    [1.0, 0.0, 0.25]
    """
    return [mean(one.values()) if one else 0.5 for one in ranked(scores)]


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
    both = math.sqrt(sum(a * a for a in one) * sum(b * b for b in two))
    if both == 0.0:
        return None
    return round(sum(a * b for a, b in zip(one, two, strict=True)) / both, 9)
