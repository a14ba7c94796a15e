"""What makes a measurement on given rows doubtful: seen before, strange labels, no value."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from polytask._errors import UserError
from polytask.tasks.duplicates import keys
from polytask.tasks.loading import load
from polytask.workflow.folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.tasks.task import Inputs, Target, Task, TaskSet


class Seen:
    """The rows that a run has learned from or decided on.

    Args:
        run: A run folder; its data are read once.
        who: What the model is called in notes.
    """

    def __init__(self, run: str | Path, who: str) -> None:
        folder = RunFolder(Path(run))
        self._who = who
        self._taskset: TaskSet | None = None
        self._problem = ""
        try:
            self._taskset = load(folder.task_file, seed=int(folder.settings()["settings"]["seed"]))
        except UserError as error:
            self._problem = f"Whether {who} has seen these rows is not known: {error}"

    def notes(self, name: str, inputs: Inputs) -> list[str]:
        """A line on the rows of `inputs` that `name` was trained or decided on, or none."""
        if self._taskset is None:
            return [self._problem]
        known = _known(self._taskset, name) if name in self._taskset.tasks else frozenset()
        count = sum(key in known for key in keys(_frame(inputs), inputs.columns))
        if not count:
            return []
        return [
            f"{count:,} of the {len(inputs):,} rows for {name} were trained or decided on by "
            f"{self._who}, so its figures look better than they are: measure on other rows"
        ]

    def also(self, names: Sequence[str], task: str, inputs: Inputs) -> list[str]:
        """A line on the rows of the new `task` whose inputs `names` were trained or decided on."""
        if self._taskset is None:
            return [self._problem]
        taskset = self._taskset
        known = {key for name in names if name in taskset.tasks for key in _known(taskset, name)}
        count = sum(key in known for key in keys(_frame(inputs), inputs.columns))
        if not count:
            return []
        return [
            f"{count:,} of the {len(inputs):,} test rows for {task} were read, with other labels, "
            f"when {self._who} learned {', '.join(names)}, so its figures may look better than "
            "they are: measure on other rows"
        ]


def _known(taskset: TaskSet, name: str) -> frozenset[str]:
    """Keys of the rows with a label of `name` that stand in train or dev, equal after cleaning."""
    table = taskset.tables[taskset.tasks[name].table]
    used = np.isin(table.final, ("train", "dev")) & table.frame[name].is_not_null().to_numpy()
    return frozenset(keys(table.frame[np.flatnonzero(used)], table.columns))


def _frame(inputs: Inputs) -> pl.DataFrame:
    return pl.DataFrame(
        [
            pl.Series(
                column.name,
                [str(value) if isinstance(value, Path) else value for value in values],
                dtype=pl.List(pl.String) if column.tokens else None,
            )
            for column in inputs.columns
            for values in [inputs.values[column.name]]
        ]
    )


def strange_labels(task: Task, truth: Sequence[Target]) -> list[str]:
    """A line on the labels that the model never saw in training, or none."""
    if not task.labels:
        return []
    known = set(task.labels)
    strange = [
        set(target if isinstance(target, list) else [str(target)]) - known for target in truth
    ]
    counts = Counter(label for labels in strange for label in labels)
    if not counts:
        return []
    named = ", ".join(repr(label) for label, _ in counts.most_common(5))
    more = f" and {len(counts) - 5} more" if len(counts) > 5 else ""
    return [
        f"{sum(map(bool, strange)):,} rows for {task.name} carry labels that the model does not "
        f"know and cannot answer: {named}{more}"
    ]


def no_value(task: Task, value: float) -> list[str]:
    """A line on a metric that these rows give no value, or none."""
    if math.isfinite(value):
        return []
    return [f"{task.metric} of {task.name} has no value on these rows: they are too few or alike"]
