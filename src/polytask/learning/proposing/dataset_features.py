"""What can be read off the data sets: sizes, kinds, labels, languages."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from polytask.learning.proposing.proposer import Gain, Pairwise

if TYPE_CHECKING:
    from polytask.learning.proposing.known import Known
    from polytask.tasks.task import Task


@dataclass(frozen=True)
class DatasetFeatures(Pairwise):
    """A task gains from a larger one, of the same kind, with the same labels.

    The rule of sizes: a task with fewer rows than its helper learns jointly with it, one with more
    rather after it; right for more than 92 % of the pairs of GLUE. A factor of four counts fully,
    kind and labels half as much each; another language takes all of it back. (Weller et al., When
    to Use Multi-Task Learning vs Intermediate Fine-Tuning, 2022, arXiv 2205.08124; features of data
    sets: Kerinec et al., When does deep multi-task learning work for loosely related document
    classification tasks?, 2018. The weights are this project's own.)

    >>> from polytask.learning.proposing.known import Known
    >>> from polytask.tasks.task import Column, Task
    >>> a, b = (Task(n, n, (Column("t"),), n, "binary", "accuracy", ("no", "yes")) for n in "ab")
    >>> known = Known({"a": a, "b": b}, rows={"a": 100, "b": 200})
    >>> DatasetFeatures().pair("a", "b", known)
    Gain(score=1.5, reason='b has 2.0 times the rows of a, the same kind, the same labels')
    >>> DatasetFeatures().pair("b", "a", known).score
    0.5
    """

    cost: ClassVar[str] = "nothing"

    def pair(self, task: str, other: str, known: Known) -> Gain | None:
        """By the ratio of rows, kind, labels, and language."""
        if not known.rows.get(task) or not known.rows.get(other):
            return None
        ratio = known.rows[other] / known.rows[task]
        score = max(-1.0, min(1.0, math.log(ratio, 4)))
        told = [f"{other} has {ratio:.1f} times the rows of {task}"]
        shared = _shared(known.tasks[task], known.tasks[other])
        score += 0.5 * len(shared)
        if _foreign(known.languages.get(task, ""), known.languages.get(other, "")):
            shared, score = [*shared, "another language"], score - 2.0
        return Gain(round(score, 6), ", ".join([*told, *shared]))


def _shared(task: Task, other: Task) -> list[str]:
    same_labels = bool(task.labels) and set(task.labels) == set(other.labels)
    told = {"the same kind": task.kind == other.kind, "the same labels": same_labels}
    return [what for what, holds in told.items() if holds]


def _foreign(one: str, other: str) -> bool:
    return bool(one and other and one != other)
