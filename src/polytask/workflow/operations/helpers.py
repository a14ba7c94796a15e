"""Which labelled sets are likeliest to help a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from polytask.learning.features import features
from polytask.learning.fitting import encoder_of
from polytask.learning.precision import settle
from polytask.learning.samples import evenly

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.workflow.state import State

_ROWS = 300
"""Rows of a set that are read: a mean over them tells sets apart."""


def helpers(state: State, task: str, sets: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """The sets that may help `task`, the most promising first.

    Sets are ranked by how alike their inputs are to those of the task (cosine of the mean features
    of a frozen encoder) and by how many rows they have; the sum of the two ranks decides, and of
    equal ones similarity. That similarity of embeddings and size rank such sets well: Poth et al.,
    "What to Pre-Train on? Efficient Intermediate Task Selection", 2021, arXiv 2104.08247.

    Args:
        state: The worker's state.
        task: A task that is served.
        sets: By name of a set its tasks; one encoder reads them all.

    Returns:
        A set each `{"name", "tasks", "rows", "similarity"}`, see `planning.operations.Helper`.
    """
    names = [task, *(name for tasks in sets.values() for name in tasks)]
    fold = state.taskset.fold(names)
    context = state.context()
    encoder = encoder_of([state.taskset[name] for name in names], fold, context)
    dtype = settle(context)

    def mean(table: str) -> np.ndarray:
        rows = fold.train[table].inputs
        sample = rows.take(evenly(len(rows), _ROWS))
        found = features(encoder, sample, cache=context.cache, dtype=dtype).vectors
        return np.asarray(found.mean(axis=0))

    target = mean(state.taskset[task].table)
    found = [
        {
            "name": name,
            "tasks": list(tasks),
            "rows": len(fold.train[name]),
            "similarity": round(_cosine(target, mean(name)), 3),
        }
        for name, tasks in sets.items()
    ]
    return ranked(found)


def ranked(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sets by the sum of their ranks in similarity and rows, of equal ones the more alike first.

    >>> sets = [("a", 0.9, 10), ("b", 0.5, 99), ("c", 0.1, 50)]
    >>> facts = [{"name": n, "similarity": s, "rows": rows} for n, s, rows in sets]
    >>> [one["name"] for one in ranked(facts)]
    ['b', 'a', 'c']
    """
    order = {
        key: sorted({one[key] for one in found}, reverse=True) for key in ("similarity", "rows")
    }
    return sorted(
        found,
        key=lambda one: (
            sum(values.index(one[key]) for key, values in order.items()),
            -one["similarity"],
            one["name"],
        ),
    )


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / max(1e-12, float(np.linalg.norm(one) * np.linalg.norm(other))))
