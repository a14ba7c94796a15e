"""The floor: what the best constant answer scores, without looking at any input."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, cast

import numpy as np

from polytask.evaluation.metrics.catalogue import metric, score
from polytask.evaluation.metrics.encoding import indicate
from polytask.evaluation.prediction import Prediction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.evaluation.prediction import Scores
    from polytask.tasks.task import Target, Task

_MOST = 20
_ENOUGH = 5000
"""Training rows that choose the constant; more would change it no further."""


def floor(task: Task, train_targets: Sequence[Target], targets: Sequence[Target]) -> float:
    """The primary metric of the best constant answer, chosen on training labels.

    The constants tried are: one label (binary, multiclass, ordinal: the 20 most frequent), the
    mean and the median (regression), the k most frequent labels for every k and the most frequent
    set (multilabel), the most frequent tag for every token (tagging). Probabilities are the
    shares in training. The one that scores best on the training labels is scored on `targets`;
    metrics that are undefined for a constant (correlations) count 0, the value of no
    information.

    Args:
        task: The task, with its primary metric.
        train_targets: Labelled training rows' targets.
        targets: Targets to score on.

    Returns:
        The metric's value, NaN if either side is empty.
    """
    if not len(train_targets) or not len(targets):
        return math.nan
    train_targets = train_targets[:: math.ceil(len(train_targets) / _ENOUGH)]
    judge = metric(task.metric)
    shares = _shares(task, train_targets)
    scored = [
        (judge.sign * _constant(task, train_targets, answer, shares), -i, answer)
        for i, answer in enumerate(_answers(task, train_targets))
    ]
    best = max(scored, key=lambda item: item[:2])[2]
    return _constant(task, targets, best, shares)


def _answers(task: Task, targets: Sequence[Target]) -> list[Target]:
    if task.kind == "regression":
        values = np.asarray(targets, dtype=float)
        return [float(values.mean()), float(np.median(values))]
    if task.kind == "multilabel":
        rows = cast("Sequence[list[str]]", targets)
        ranked = _ranked(label for row in rows for label in row)
        frequent = Counter(tuple(sorted(row)) for row in rows).most_common(1)[0][0]
        return [list(frequent), *(ranked[:k] for k in range(len(ranked) + 1))]
    if task.kind == "tagging":
        return cast("list[Target]", _tags(targets)[:1])
    return cast("list[Target]", _ranked(cast("Sequence[str]", targets))[:_MOST])


def _constant(
    task: Task, targets: Sequence[Target], answer: Target, shares: np.ndarray | None
) -> float:
    labels: list[Target] = [answer] * len(targets)
    probabilities: Scores | None = None
    if task.kind == "tagging":
        lengths = [len(tags) for tags in cast("Sequence[list[str]]", targets)]
        labels = [[cast("str", answer)] * length for length in lengths]
    elif shares is not None:
        probabilities = np.tile(shares, (len(targets), 1))
    nothing = np.full(len(targets), math.nan)
    given = Prediction(labels, nothing, np.ones(len(targets), dtype=bool), probabilities)
    value = score(task, targets, given)
    return 0.0 if math.isnan(value) else value


def _shares(task: Task, targets: Sequence[Target]) -> np.ndarray | None:
    if task.kind in ("regression", "tagging"):
        return None
    several = task.kind == "multilabel"
    rows = cast("Sequence[list[str]]", targets) if several else [[str(t)] for t in targets]
    return np.asarray(indicate(rows, task.labels).mean(axis=0))


def _tags(targets: Sequence[Target]) -> list[str]:
    return _ranked(tag for tags in cast("Sequence[list[str]]", targets) for tag in tags)


def _ranked(labels: object) -> list[str]:
    counted = Counter(cast("Sequence[str]", labels))
    return sorted(counted, key=lambda label: (-counted[label], label))
