"""95 % intervals of a metric and of the gain of one predictor over another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from polytask.evaluation.draws import DRAWS, Draws, draw, over_runs
from polytask.evaluation.metrics import metric, right
from polytask.evaluation.prediction import Prediction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.evaluation.metrics import Metric
    from polytask.tasks.task import Target, Task

Runs: TypeAlias = "Prediction | Sequence[Prediction]"
"""A prediction, or one a run (seed or repeat) of the same rows."""
_TAIL = 0.025


@dataclass(frozen=True)
class Interval:
    """A value and the ends of its interval, in the metric's unit; NaN where undefined.

    Args:
        value: From all rows, the mean over runs.
        low: Lower end.
        high: Upper end.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Pair:
    """Two predictors of one task on the same labelled rows.

    Args:
        task: The task, with its primary metric.
        targets: Targets of the rows.
        shared: Predictions of the shared model, one or one a run.
        control: Predictions of the single-task control, one or one a run. As many runs as
            `shared` are taken as pairs (same seed, same folds), else as independent.
        groups: The group of each row where rows of one group belong together (patients); an empty
            one says nothing.
    """

    task: Task
    targets: Sequence[Target]
    shared: Runs
    control: Runs
    groups: Sequence[object] | None = None


def interval(
    task: Task,
    targets: Sequence[Target],
    prediction: Runs,
    *,
    seed: int = 0,
    draws: int = DRAWS,
    groups: Sequence[object] | None = None,
) -> Interval:
    """The primary metric with its 95 % interval.

    A share of right rows (accuracy but for tagging) of one run gets Wilson's score interval
    (Wilson, JASA 1927), which stays honest near 0 and 1. All else is a percentile bootstrap over
    rows (groups where given; sentences for tagging) and runs. Where every draw lies at an end of
    the metric's range (all right), the far end is that of Wilson's interval for as many units:
    100 % of 20 rows is 84–100 %. One unit alone gives the whole range of the metric.

    Args:
        task: The task, with its primary metric.
        targets: Targets of the rows, all labelled.
        prediction: Answers for the rows, or several runs of them.
        seed: Seed of the draws.
        draws: How many; 2,000 resolve the ends of a 95 % interval well.
        groups: The group of each row where rows of one group belong together; see `units`.
    """
    runs, judge = _runs(prediction), metric(task.metric)
    if not len(targets):
        return Interval(math.nan, math.nan, math.nan)
    if judge.name == "accuracy" and task.kind != "tagging" and len(runs) == 1 and groups is None:
        return wilson(int(right(task, targets, runs[0]).sum()), len(targets))
    found = _value_draws(judge, _statistics(judge, task, targets, runs), groups, seed, draws)
    return Interval(found.value, *_ends(found))


def paired(
    task: Task,
    targets: Sequence[Target],
    shared: Runs,
    control: Runs,
    *,
    seed: int = 0,
    groups: Sequence[object] | None = None,
) -> Interval:
    """The gain of `shared` over `control` on the primary metric, with its 95 % interval.

    Signed so that > 0 is better, whatever the metric's direction. Both are judged on the same
    draws of rows; few differing rows are met with care, see `Draws`.
    """
    found = gain_draws(Pair(task, targets, shared, control, groups), seed=seed)
    return Interval(found.value, found.low(_TAIL), found.high(_TAIL))


def share(hits: np.ndarray, *, seed: int = 0, groups: Sequence[object] | None = None) -> Interval:
    """The share of rows that hold, with its 95 % interval as in `interval`.

    Args:
        hits: Whether each row holds, `(n,)` bool, n ≥ 1.
        seed: Seed of the draws.
        groups: The group of each row where rows of one group belong together; see `units`.
    """
    if groups is None:
        return wilson(int(hits.sum()), len(hits))
    rows = np.stack([hits.astype(float), np.ones(len(hits))], axis=1)
    found = _value_draws(metric("accuracy"), [rows], groups, seed, DRAWS)
    return Interval(found.value, *_ends(found))


def wilson(right: int, rows: int, tail: float = _TAIL) -> Interval:
    """Wilson's score interval of a share.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA,
    1927; Brown, Cai & DasGupta, "Interval estimation for a binomial proportion", 2001.

    >>> found = wilson(20, 20)
    >>> round(found.low, 3), found.high
    (0.839, 1.0)
    """
    from scipy.special import ndtri

    z = -float(ndtri(tail))
    share = right / rows
    centre = (share + z * z / (2 * rows)) / (1 + z * z / rows)
    half = z / (1 + z * z / rows) * math.sqrt(share * (1 - share) / rows + (z / (2 * rows)) ** 2)
    low = 0.0 if right == 0 else max(0.0, centre - half)
    return Interval(share, low, 1.0 if right == rows else min(1.0, centre + half))


def gain_draws(pair: Pair, *, seed: int = 0, draws: int = DRAWS) -> Draws:
    """The bootstrap distribution of the gain, signed so that > 0 is better.

    Args:
        pair: What is compared.
        seed: Seed of the draws.
        draws: How many.
    """
    judge = metric(pair.task.metric)
    sign = judge.sign
    width = judge.bounds[1] - judge.bounds[0]
    if not len(pair.targets):
        return Draws(math.nan, np.zeros(0), 0, 0.0, (-width, width))
    arms = [
        _statistics(judge, pair.task, pair.targets, _runs(runs))
        for runs in (pair.shared, pair.control)
    ]
    group = units(pair.groups)
    shared, control = draw(arms, judge.resampled, group, seed=seed, draws=draws)
    if shared.shape == control.shape:
        gains = over_runs(sign * (shared[1:] - control[1:]), seed=seed)
    else:
        gains = sign * (over_runs(shared[1:], seed=seed) - over_runs(control[1:], seed=seed + 1))
    by_rows = sign * (shared.mean(axis=1) - control.mean(axis=1))
    return Draws(
        value=float(by_rows[0]),
        values=_sorted(gains),
        units=len(pair.targets) if group is None else int(group.max()) + 1,
        spread=_spread(by_rows[1:]),
        bounds=(-width, width),
        changed=_changed(arms, group),
        runs=min((len(runs) for runs in arms if len(runs) > 1), default=1),
    )


def margin_of(task: Task, targets: Sequence[Target], margin: float) -> float:
    """The margin in the metric's unit: MAE and RMSE have no points, so it is a share of a scale.

    That scale is the standard deviation of the targets (regression); every other metric is a
    fraction already, and an ordinal MAE counts in steps of the scale.

    Args:
        task: The task, with its primary metric.
        targets: Targets of the rows.
        margin: As a fraction; 0.01 is one point.
    """
    if task.kind == "regression" and task.metric in ("mae", "rmse") and len(targets):
        return margin * float(np.std(np.asarray(targets, dtype=float)))
    return margin


def units(groups: Sequence[object] | None) -> np.ndarray | None:
    """The unit of each row, 0 … units − 1; a row whose group is empty ("" or `None`) is its own.

    >>> units(["ann", "", "bob", "ann", None]).tolist()
    [0, 1, 2, 0, 3]
    """
    if groups is None:
        return None
    numbers: dict[object, int] = {}
    named = (group if group not in ("", None) else ("row", i) for i, group in enumerate(groups))
    return np.array([numbers.setdefault(name, len(numbers)) for name in named], dtype=np.int64)


def _runs(prediction: Runs) -> list[Prediction]:
    return [prediction] if isinstance(prediction, Prediction) else list(prediction)


def _statistics(
    judge: Metric, task: Task, targets: Sequence[Target], runs: Sequence[Prediction]
) -> list[np.ndarray]:
    return [judge.per_row(task, targets, run) for run in runs]


def _value_draws(
    judge: Metric,
    runs: list[np.ndarray],
    groups: Sequence[object] | None,
    seed: int,
    draws: int,
) -> Draws:
    group = units(groups)
    found = draw([runs], judge.resampled, group, seed=seed, draws=draws)[0]
    return Draws(
        value=float(found[0].mean()),
        values=_sorted(over_runs(found[1:], seed=seed)),
        units=len(runs[0]) if group is None else int(group.max()) + 1,
        spread=_spread(found[1:].mean(axis=1)),
        bounds=judge.bounds,
        runs=len(runs),
    )


def _ends(found: Draws) -> tuple[float, float]:
    low, high = found.low(_TAIL), found.high(_TAIL)
    if not found.defined or found.units < 2 or found.values[0] != found.values[-1]:
        return low, high
    least, most = found.bounds
    far = wilson(found.units, found.units).low
    if found.value == most and math.isfinite(least):
        return least + far * (most - least), most
    if found.value == least and math.isfinite(most):
        return least, most - far * (most - least)
    return low, high


def _sorted(values: np.ndarray) -> np.ndarray:
    return np.sort(values[np.isfinite(values)])


def _spread(values: np.ndarray) -> float:
    kept = values[np.isfinite(values)]
    return float(kept.std(ddof=1)) if len(kept) > 1 else 0.0


def _changed(arms: list[list[np.ndarray]], group: np.ndarray | None) -> int:
    """How many units have other statistics in one arm than in the other, in any run."""
    shared, control = arms
    different = np.zeros(len(shared[0]), dtype=bool)
    for one in shared:
        for other in control:
            same_shape = one.shape == other.shape
            different |= (one != other).any(axis=1) if same_shape else True
    return int(different.sum()) if group is None else len(set(group[different].tolist()))
