"""Which rows are answered entirely right, for one task and for several at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from polytask.evaluation.metrics.encoding import check_length

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.evaluation.prediction import Prediction
    from polytask.tasks.task import Target, Task


def right(task: Task, targets: Sequence[Target], prediction: Prediction) -> np.ndarray:
    """Whether each row is answered entirely right, `(n,)` bool.

    All tags of a sentence, exactly the set of labels of a multilabel row.

    Raises:
        ValueError: The task is a regression, where no answer is right or wrong.
    """
    if task.kind == "regression":
        raise ValueError(f"{task.name!r} is a regression: its answers are not right or wrong")
    check_length(targets, prediction)
    pairs = zip(targets, prediction.labels, strict=True)
    if task.kind == "multilabel":
        return np.array([_set(target) == _set(answer) for target, answer in pairs], dtype=bool)
    if task.kind == "tagging":
        return np.array([_list(target) == _list(answer) for target, answer in pairs], dtype=bool)
    return np.array([str(target) == str(answer) for target, answer in pairs], dtype=bool)


def joint_right(
    tasks: Sequence[Task],
    targets: Mapping[str, Sequence[Target | None]],
    predictions: Mapping[str, Prediction],
) -> np.ndarray:
    """Whether all tasks are right, for each row that has a label for all of them, `(m,)` bool.

    Args:
        tasks: Tasks on the same rows; regressions among them are passed over.
        targets: By task one target a row, `None` where there is none.
        predictions: By task the answers for the same rows.
    """
    judged = [task for task in tasks if task.kind != "regression"]
    if not judged:
        return np.zeros(0, dtype=bool)
    labelled = np.all([[t is not None for t in targets[task.name]] for task in judged], axis=0)
    found = np.ones(len(labelled), dtype=bool)
    for task in judged:
        # A row without a label is left out below, whatever stands in for its target here.
        filled: list[Target] = [[] if t is None else t for t in targets[task.name]]
        found &= right(task, filled, predictions[task.name])
    return found[labelled]


def joint_accuracy(
    tasks: Sequence[Task],
    targets: Mapping[str, Sequence[Target | None]],
    predictions: Mapping[str, Prediction],
) -> float:
    """Share of rows on which all tasks are right (sentence accuracy, exact match).

    Arguments as in `joint_right`; NaN if no row has a label for all tasks.
    """
    found = joint_right(tasks, targets, predictions)
    return float(found.mean()) if len(found) else float("nan")


def _set(value: Target) -> set[str]:
    return set(value) if isinstance(value, list) else {str(value)}


def _list(value: Target) -> list[str]:
    return list(value) if isinstance(value, list) else [str(value)]
