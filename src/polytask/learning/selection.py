"""Choosing among candidates on dev rows: how good are these scores, and on which scale?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from polytask.evaluation.decisions import decide, fit_decisions
from polytask.evaluation.metrics import metric, score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.evaluation.prediction import Prediction, Scores
    from polytask.tasks.task import Target, Task

_SCALES = np.exp(np.linspace(np.log(0.25), np.log(16.0), 25)).astype(np.float32)


def quality(task: Task, scores: Scores, targets: Sequence[Target]) -> float:
    """The primary metric of scores on dev, turned so that more is better.

    An undefined metric (a correlation of constants) is the worst there is.
    """
    value = score(task, targets, as_answers(task, scores, targets))
    return metric(task.metric).sign * value if np.isfinite(value) else -np.inf


def as_answers(task: Task, scores: Scores, targets: Sequence[Target]) -> Prediction:
    """Answers from scores as they will be at the end.

    Thresholds of a multilabel task are fitted on the same rows.
    """
    decisions = [fit_decisions(task, scores, targets)] if task.kind == "multilabel" else []
    return decide(task, scores, *decisions)


def best_scale(margins: np.ndarray, truth: np.ndarray) -> float:
    """The factor that makes margins the likeliest logits of the truth.

    Source: Platt, "Probabilistic outputs for support vector machines", 1999, without the offset.

    Args:
        margins: `(n, classes)` for a softmax, or `(n, labels)` for sigmoids.
        truth: `(n,)` class numbers, or `(n, labels)` bool.

    >>> margins = np.array([[1.0, -1.0], [-1.0, 1.0], [1.0, -1.0]], dtype=np.float32)
    >>> best_scale(margins, np.array([0, 1, 1])) < 1 < best_scale(margins[:2], np.array([0, 1]))
    True
    """
    if len(margins) == 0:
        return 4.0  # what most sets choose
    losses = [_loss(scale * margins, truth) for scale in _SCALES]
    return float(_SCALES[int(np.argmin(losses))])


def _loss(logits: np.ndarray, truth: np.ndarray) -> float:
    if truth.ndim == 2:
        return float(np.mean(np.logaddexp(0, np.where(truth, -logits, logits))))
    total = np.logaddexp.reduce(logits, axis=1)
    return float(np.mean(total - logits[np.arange(len(truth)), truth]))


def as_truth(task: Task, targets: Sequence[Any]) -> np.ndarray:
    """Targets as arrays: numbers `(n,)`, class numbers `(n,)`, or given labels `(n, labels)` bool.

    A class that is not among the task's labels is -1, such a label is left out.
    """
    if task.kind == "regression":
        return np.array(targets, dtype=np.float64)
    known = {label: i for i, label in enumerate(task.labels)}
    if task.kind != "multilabel":
        return np.array([known.get(target, -1) for target in targets], dtype=np.int64)
    given = np.zeros((len(targets), len(known)), dtype=bool)
    for row, labels in enumerate(targets):
        given[row, [known[label] for label in labels if label in known]] = True
    return given
