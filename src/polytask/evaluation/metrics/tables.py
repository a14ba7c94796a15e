"""Tables of a report: the classification report, the confusion, the residuals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from polytask.evaluation.metrics.amounts import numbers
from polytask.evaluation.metrics.counting import confusion_counts
from polytask.evaluation.metrics.encoding import counts
from polytask.evaluation.metrics.spans import span_counts
from polytask.evaluation.report import ClassReport, Confusion, Residuals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.evaluation.prediction import Prediction
    from polytask.tasks.task import Target, Task

_QUANTILES = (5, 25, 50, 75, 95)
_POINTS = 300


def classes(
    task: Task, targets: Sequence[Target], prediction: Prediction
) -> tuple[ClassReport, ...]:
    """Precision, recall, F1 and support of each class, label, tag or (BIO) span type.

    In the order of the task's labels, then what only the test rows have; empty for regression.
    Precision is `None` for what was never answered, recall for what is never true, F1 if both.
    """
    if task.kind == "regression":
        return ()
    if task.bio:
        labels, made = span_counts(targets, prediction)
    else:
        found, made = counts(task, targets, prediction)
        labels = [label for label in found if label]
        made = made[:, :, [i for i, label in enumerate(found) if label]]
    sums = made.sum(axis=0)
    return tuple(
        ClassReport(
            label,
            _share(both, answered),
            _share(both, true),
            _share(2 * both, true + answered),
            int(true),
        )
        for label, (both, true, answered) in zip(labels, sums.T, strict=True)
    )


def confusion(task: Task, targets: Sequence[Target], prediction: Prediction) -> Confusion | None:
    """How often each true label was answered as each label; `None` without one label a row.

    For tagging tokens are counted. Labels that only the test rows have stand at the end; a token
    without an answer is counted under "".
    """
    if task.kind in ("regression", "multilabel"):
        return None
    labels, made = confusion_counts(task, targets, prediction)
    return Confusion(labels, tuple(tuple(int(n) for n in row) for row in made))


def residuals(task: Task, targets: Sequence[Target], prediction: Prediction) -> Residuals | None:
    """Answer minus target of a regression: mean, spread, quantiles, and up to 300 points.

    The points are rows at equal steps through the targets in ascending order, so that the ends
    are among them; `None` for other kinds and without rows.
    """
    if task.kind != "regression" or not len(targets):
        return None
    truth, answer = numbers(task, targets, prediction)
    apart = answer - truth
    values = np.percentile(apart, _QUANTILES)
    order = np.argsort(truth, kind="stable")
    chosen = order[np.linspace(0, len(order) - 1, min(len(order), _POINTS)).astype(int)]
    return Residuals(
        float(apart.mean()),
        float(apart.std()),
        {f"{q}%": float(value) for q, value in zip(_QUANTILES, values, strict=True)},
        tuple((float(truth[i]), float(answer[i])) for i in chosen),
    )


def _share(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None
