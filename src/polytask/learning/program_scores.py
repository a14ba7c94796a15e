"""What a program returned, as scores of its task: the language of every other part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from polytask._catalogue import nearest
from polytask._errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.planning.programs.values import Json
    from polytask.tasks.task import Task

CERTAIN = 0.99
"""Probability of an answer that comes without one; how often such are right is fitted on dev."""


def score(task: Task, value: Json) -> list[float]:
    """Scores of a row in the order of the task's labels, from what a program returned for it.

    The answer is the value under the target's or the task's name, or what was returned itself;
    what `predict` gave may be passed on. A label gets the logarithm of its `probability` (0.99
    where there is none), the others share the rest; with `sure` false and no probability it leads
    by a hair. `None` is no answer: NaN, which counts as wrong and is never sure.

    Args:
        task: Any kind but tagging.
        value: What the program returned.

    Returns:
        One number a label; one for regression.

    Raises:
        DataError: No answer of this kind of task, or a label that it does not have.

    >>> from polytask.tasks.task import Task
    >>> mood = Task("mood", "t", (), "mood", "binary", "accuracy", ("calm", "cross"))
    >>> np.exp(score(mood, {"mood": "cross", "probability": 0.75})).round(2).tolist()
    [0.25, 0.75]
    >>> np.exp(score(mood, "calm")).round(2).tolist(), score(mood, None)
    ([0.99, 0.01], [nan, nan])
    """
    return _row(task, value, None, None)


def stacked(task: Task, rows: Sequence[Sequence[float]]) -> np.ndarray:
    """Scores of rows as one array: `(n, labels)`, or `(n,)` for regression."""
    width = () if task.kind == "regression" else (len(task.labels),)
    return np.array(rows, dtype=np.float64).reshape(len(rows), *width)


def _row(task: Task, value: Json, probability: float | None, sure: bool | None) -> list[float]:
    if isinstance(value, Mapping):
        given, said = value.get("probability"), value.get("sure")
        probability = float(given) if isinstance(given, (int, float)) else probability
        sure = said if isinstance(said, bool) else sure
        return _row(task, _inner(task, value), probability, sure)
    if task.kind == "regression":
        return [_number(task, value)]
    if value is None:
        return [np.nan] * len(task.labels)
    if task.kind == "multilabel":
        return _several(task, value, probability)
    return _one(task, value, probability, sure)


def _inner(task: Task, value: Mapping[str, Json]) -> Json:
    """The answer in a dict that a program returned."""
    for key in (task.target, task.name, "label", "labels", "value"):
        if key in value:
            return value[key]
    raise DataError(
        f"The program {task.name!r} returned {dict(value)!r}, which lacks {task.target!r}; return "
        f'the answer itself, None, or {{"{task.target}": answer}}'
    )


def _number(task: Task, value: Json) -> float:
    if value is None:
        return float("nan")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise DataError(f"The program {task.name!r} returned {value!r}; the task asks for a number")
    return float(value)


def _one(task: Task, value: Json, probability: float | None, sure: bool | None) -> list[float]:
    label = str(value)
    if label not in task.labels:
        raise DataError(
            f"The program {task.name!r} returned {value!r}: {nearest(label, task.labels)}"
        )
    least = 1 / len(task.labels)
    plain = CERTAIN if sure is not False else least + 1e-6
    led = min(max(plain if probability is None else probability, least + 1e-6), 1 - 1e-6)
    rest = (1 - led) / max(1, len(task.labels) - 1)
    return [float(np.log(led if name == label else rest)) for name in task.labels]


def _several(task: Task, value: Json, probability: float | None) -> list[float]:
    if not isinstance(value, list):
        raise DataError(
            f"The program {task.name!r} returned {value!r}; the task asks for a list of labels"
        )
    given = CERTAIN if probability is None else min(max(probability, 0.5 + 1e-6), 1 - 1e-6)
    for label in value:
        if label not in task.labels:
            hint = nearest(str(label), task.labels)
            raise DataError(f"The program {task.name!r} returned the label {label!r}: {hint}")
    logit = float(np.log(given / (1 - given)))
    return [logit if name in value else -logit for name in task.labels]
