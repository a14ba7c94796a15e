"""Metrics by name, and the questions asked of all of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from polytask._catalogue import nearest
from polytask._errors import ConfigError
from polytask.evaluation.metrics.amounts import MAE, R2, RMSE, Pearson, Spearman
from polytask.evaluation.metrics.counting import (
    MCC,
    Accuracy,
    MacroF1,
    MicroF1,
    QuadraticKappa,
    WeightedF1,
)
from polytask.evaluation.metrics.probabilistic import AUROC, CalibrationError, LogLoss
from polytask.evaluation.metrics.spans import SpanF1

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.evaluation.metrics.metric import Metric
    from polytask.evaluation.prediction import Prediction
    from polytask.tasks.task import Target, Task

_ALL: tuple[Metric, ...] = (
    SpanF1(),
    QuadraticKappa(),
    Accuracy(),
    MacroF1(),
    MicroF1(),
    WeightedF1(),
    MCC(),
    AUROC(),
    R2(),
    Pearson(),
    Spearman(),
    MAE(),
    RMSE(),
    LogLoss(),
    CalibrationError(),
)
METRICS: dict[str, Metric] = {item.name: item for item in _ALL}
"""Every metric by name, in the order of reports."""


def metric(name: str) -> Metric:
    """The metric called `name`.

    Raises:
        ConfigError: There is none; the message offers the nearest.

    >>> metric("mae").higher_is_better
    False
    """
    if name not in METRICS:
        raise ConfigError(f"Unknown metric {name!r}: {nearest(name, METRICS)}")
    return METRICS[name]


def score(task: Task, targets: Sequence[Target], prediction: Prediction) -> float:
    """The task's primary metric on labelled rows; NaN where undefined.

    Fractions (0–1, correlations −1–1), and MAE or RMSE in the target's unit; not signed, see
    `Metric.higher_is_better`.
    """
    return metric(task.metric).of(task, targets, prediction)


def summary(
    task: Task, targets: Sequence[Target], prediction: Prediction
) -> dict[str, float | None]:
    """Every metric that applies to the task; `None` where undefined."""
    found = {
        name: item.of(task, targets, prediction)
        for name, item in METRICS.items()
        if item.applies(task)
    }
    return {name: None if math.isnan(value) else value for name, value in found.items()}
