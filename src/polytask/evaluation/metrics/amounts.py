"""Metrics of numbers: R², Pearson, Spearman, MAE, RMSE."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from polytask.evaluation.metrics.counting import steps
from polytask.evaluation.metrics.encoding import check_length
from polytask.evaluation.metrics.metric import Metric, ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.evaluation.prediction import Prediction
    from polytask.tasks.task import Kind, Target, Task

_NUMBERS: tuple[Kind, ...] = ("regression",)
_ORDERED: tuple[Kind, ...] = ("regression", "ordinal")
_TINY = 1e-12


def numbers(
    task: Task, targets: Sequence[Target], prediction: Prediction
) -> tuple[np.ndarray, np.ndarray]:
    """Targets and answers as floats `(n,)`; ordinal labels as positions on their scale."""
    if task.kind == "ordinal":
        return steps(task, targets, prediction)
    check_length(targets, prediction)
    return np.asarray(targets, dtype=float), np.asarray(prediction.labels, dtype=float)


def _standard(values: np.ndarray, centre: float, scale: float) -> np.ndarray:
    return (values - centre) / (scale if scale > 0 else 1.0)


class R2(Metric):
    """Share of the targets' variance that the answers explain: 1 − Σ(y − ŷ)² / Σ(y − ȳ)².

    NaN where the targets do not vary.
    """

    name = "r2"
    kinds = _NUMBERS
    bounds = (-np.inf, 1.0)

    def per_row(self, task: Task, targets: Sequence[Target], prediction: Prediction) -> np.ndarray:
        """1, y, y², (y − ŷ)², with y centred and scaled (which R² does not see): `(n, 4)`."""
        truth, answer = numbers(task, targets, prediction)
        centre, scale = (float(truth.mean()), float(truth.std())) if len(truth) else (0.0, 1.0)
        # Centred first: sums of squares of a far-off mean would cancel to noise.
        y, given = _standard(truth, centre, scale), _standard(answer, centre, scale)
        return np.stack([np.ones(len(y)), y, y**2, (y - given) ** 2], axis=1)

    def value(self, sums: np.ndarray) -> np.ndarray:
        """R², at most 1."""
        rows, total, squares, errors = np.moveaxis(sums, -1, 0)
        spread = squares - ratio(total**2, rows, 0.0)
        return np.where(spread <= _TINY * rows, np.nan, 1 - ratio(errors, spread))


class Pearson(Metric):
    """Pearson's correlation of targets and answers; NaN where either does not vary."""

    name = "pearson"
    kinds = _NUMBERS
    bounds = (-1.0, 1.0)

    def per_row(self, task: Task, targets: Sequence[Target], prediction: Prediction) -> np.ndarray:
        """1, x, y, x², y², xy of standardised targets and answers, `(n, 6)`."""
        columns = numbers(task, targets, prediction)
        x, y = (_standard(c, float(c.mean()), float(c.std())) if len(c) else c for c in columns)
        return np.stack([np.ones(len(x)), x, y, x**2, y**2, x * y], axis=1)

    def value(self, sums: np.ndarray) -> np.ndarray:
        """The correlation, −1 to 1."""
        rows, x, y, x2, y2, xy = np.moveaxis(sums, -1, 0)
        spread_x = x2 - ratio(x * x, rows, 0.0)
        spread_y = y2 - ratio(y * y, rows, 0.0)
        flat = (spread_x <= _TINY * rows) | (spread_y <= _TINY * rows)
        below = np.sqrt(np.maximum(spread_x, 0.0) * np.maximum(spread_y, 0.0))
        return np.where(flat, np.nan, ratio(xy - ratio(x * y, rows, 0.0), below))


class Spearman(Metric):
    """Spearman's rank correlation, ties at their mean rank.

    Ranks are no sums, so every draw ranks its own rows: with the counts as weights, the rank of a
    value is the count below it plus half the count at it, and Pearson's formula follows.
    """

    name = "spearman"
    kinds = _ORDERED
    bounds = (-1.0, 1.0)

    def per_row(self, task: Task, targets: Sequence[Target], prediction: Prediction) -> np.ndarray:
        """The target and the answer, `(n, 2)`."""
        return np.stack(numbers(task, targets, prediction), axis=1)

    def resampled(self, rows: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """The rank correlation of each draw."""
        x, y = weighted_ranks(rows[:, 0], counts), weighted_ranks(rows[:, 1], counts)
        total = counts.sum(axis=1, keepdims=True)
        x -= (counts * x).sum(axis=1, keepdims=True) / total
        y -= (counts * y).sum(axis=1, keepdims=True) / total
        spread = (counts * x * x).sum(axis=1) * (counts * y * y).sum(axis=1)
        return ratio((counts * x * y).sum(axis=1), np.sqrt(spread))


def weighted_ranks(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Mean rank of each value in each draw, up to a constant: `(n,)`, `(draws, n)` to `(draws, n)`.

    >>> weighted_ranks(np.array([5.0, 7.0, 7.0]), np.array([[1.0, 1.0, 1.0]])).tolist()
    [[0.5, 2.0, 2.0]]
    """
    distinct, group = np.unique(values, return_inverse=True)
    at = sums_by_group(counts, group, len(distinct))
    below = np.cumsum(at, axis=1) - at
    ranks: np.ndarray = (below + at / 2)[:, group]
    return ranks


def sums_by_group(counts: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    """Sums of the columns of `counts` `(draws, n)` that share a group: `(draws, groups)`."""
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(groups))
    sums: np.ndarray = np.add.reduceat(counts[:, order], starts, axis=1)
    return sums


class MAE(Metric):
    """Mean absolute error, in the target's unit; for ordinal tasks in steps of the scale."""

    name = "mae"
    kinds = _ORDERED
    higher_is_better = False
    bounds = (0.0, np.inf)

    def per_row(self, task: Task, targets: Sequence[Target], prediction: Prediction) -> np.ndarray:
        """|y − ŷ| and 1, `(n, 2)`."""
        truth, answer = numbers(task, targets, prediction)
        return np.stack([np.abs(truth - answer), np.ones(len(truth))], axis=1)

    def value(self, sums: np.ndarray) -> np.ndarray:
        """The mean."""
        return ratio(sums[..., 0], sums[..., 1])


class RMSE(Metric):
    """Root of the mean squared error, in the target's unit."""

    name = "rmse"
    kinds: ClassVar[tuple[Kind, ...]] = _NUMBERS
    higher_is_better = False
    bounds = (0.0, np.inf)

    def per_row(self, task: Task, targets: Sequence[Target], prediction: Prediction) -> np.ndarray:
        """(y − ŷ)² and 1, `(n, 2)`."""
        truth, answer = numbers(task, targets, prediction)
        return np.stack([(truth - answer) ** 2, np.ones(len(truth))], axis=1)

    def value(self, sums: np.ndarray) -> np.ndarray:
        """The root of the mean."""
        root: np.ndarray = np.sqrt(ratio(sums[..., 0], sums[..., 1]))
        return root
