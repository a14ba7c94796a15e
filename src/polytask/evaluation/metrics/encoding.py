"""Targets and answers as integers, and their counts a row."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from polytask.evaluation.prediction import Prediction
    from polytask.tasks.task import Target, Task


@dataclass(frozen=True)
class Coded:
    """Targets and answers as positions in `labels`; one entry a row, or a token for tagging.

    Args:
        labels: The task's labels, then those that only targets or answers have, sorted.
        truth: `(m,)` positions of the targets.
        answer: `(m,)` positions of the answers.
        row: `(m,)` the row that each entry belongs to.
        rows: How many rows.
    """

    labels: tuple[str, ...]
    truth: np.ndarray
    answer: np.ndarray
    row: np.ndarray
    rows: int


def check_length(targets: Sequence[Target], prediction: Prediction) -> None:
    """Refuse a prediction for another number of rows than there are targets.

    Raises:
        ValueError: The lengths differ.
    """
    if len(targets) != len(prediction.labels):
        raise ValueError(
            f"`prediction` answers {len(prediction.labels)} rows but there are "
            f"{len(targets)} targets; give the prediction of the same labelled rows"
        )


def code(task: Task, targets: Sequence[Target], prediction: Prediction) -> Coded:
    """Targets and answers of a task with one label a row (or a token) as integers."""
    check_length(targets, prediction)
    if task.kind != "tagging":
        row = np.arange(len(targets))
        return _coded(task, list(targets), list(prediction.labels), row, len(targets))
    truth = cast("Sequence[list[str]]", targets)
    answer = answered_tags(truth, prediction)
    row = np.repeat(np.arange(len(truth)), [len(tags) for tags in truth])
    return _coded(task, _flat(truth), _flat(answer), row, len(truth))


def answered_tags(truth: Sequence[list[str]], prediction: Prediction) -> list[list[str]]:
    """The answered tags, as many as each sentence has tokens.

    A token that was not answered (a cut input) counts as answered with "", which is never right;
    surplus answers are dropped.
    """
    answers = cast("Sequence[list[str]]", prediction.labels)
    return [
        [*given[: len(tags)], *[""] * (len(tags) - len(given))]
        for tags, given in zip(truth, answers, strict=True)
    ]


def indicators(
    task: Task, targets: Sequence[Target], prediction: Prediction
) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Labels, and boolean `(n, labels)` of targets and of answers of a multilabel task."""
    check_length(targets, prediction)
    truth = cast("Sequence[list[str]]", targets)
    answer = cast("Sequence[list[str]]", prediction.labels)
    labels = extended(task, [*_flat(truth), *_flat(answer)])
    return labels, indicate(truth, labels), indicate(answer, labels)


def indicate(rows: Sequence[Iterable[str]], labels: Sequence[str]) -> np.ndarray:
    """Boolean `(n, labels)`: which labels each row has; labels not listed are passed over.

    >>> indicate([["a"], [], ["b", "z"]], ["a", "b"]).tolist()
    [[True, False], [False, False], [False, True]]
    """
    position = {label: i for i, label in enumerate(labels)}
    made = np.zeros((len(rows), len(labels)), dtype=bool)
    for i, row in enumerate(rows):
        for label in row:
            if label in position:
                made[i, position[label]] = True
    return made


def extended(task: Task, found: Iterable[object]) -> tuple[str, ...]:
    """The task's labels, then further labels among `found`, sorted."""
    return (*task.labels, *sorted({str(label) for label in set(found)} - set(task.labels)))


def unseen(task: Task, targets: Sequence[Target]) -> dict[str, int]:
    """Labels of `targets` that training never had, with their counts; empty for regression.

    They count as wrong in every metric, since no answer can be right.
    """
    if task.kind == "regression":
        return {}
    several = task.kind in ("multilabel", "tagging")
    found = _flat(cast("Sequence[list[str]]", targets)) if several else list(targets)
    known = set(task.labels)
    counts = Counter(str(label) for label in found if label not in known)
    return dict(sorted(counts.items()))


def counts(
    task: Task, targets: Sequence[Target], prediction: Prediction
) -> tuple[tuple[str, ...], np.ndarray]:
    """Labels, and by row how often each was right, true and answered: `(n, 3, labels)`."""
    if task.kind == "multilabel":
        labels, truth, answer = indicators(task, targets, prediction)
        return labels, np.stack([truth & answer, truth, answer], axis=1).astype(float)
    coded = code(task, targets, prediction)
    width = len(coded.labels)
    right = coded.truth == coded.answer
    made = [
        np.bincount(row * width + label, minlength=coded.rows * width).reshape(coded.rows, width)
        for row, label in (
            (coded.row[right], coded.truth[right]),
            (coded.row, coded.truth),
            (coded.row, coded.answer),
        )
    ]
    return coded.labels, np.stack(made, axis=1).astype(float)


def positions(labels: Sequence[object], known: Sequence[str]) -> np.ndarray:
    """The position of each label in `known`, −1 where it is not there."""
    index = {label: i for i, label in enumerate(known)}
    return np.array([index.get(cast("str", label), -1) for label in labels], dtype=np.int64)


def _coded(
    task: Task, truth: list[Target], answer: list[Target], row: np.ndarray, rows: int
) -> Coded:
    labels = extended(task, cast("list[object]", [*set(_names(truth)), *set(_names(answer))]))
    return Coded(
        labels, positions(_names(truth), labels), positions(_names(answer), labels), row, rows
    )


def _names(labels: list[Target]) -> list[str]:
    return [label if isinstance(label, str) else str(label) for label in labels]


def _flat(rows: Sequence[list[str]]) -> list[Target]:
    return [item for row in rows for item in row]
