"""What is known of this machine before anything is measured: speeds, which encoders are here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from polytask.planning.writers.costs import Costs
    from polytask.tasks.task import TaskSet
    from polytask.workflow.settings import Settings

_ROWS_PER_SECOND = 400.0
"""Rows a small encoder answers in a second on two cores, with care; LOG.md, "Inference speed"."""


def testing_seconds(taskset: TaskSet) -> float:
    """Seconds in which the model and the controls answer the test rows, by one seed each.

    Tasks with folds cost nothing: they were answered out of fold when trained. A program answers
    the dev rows too, and asks for two tasks or so a row.
    """
    tables = [taskset.tables[taskset[name].table] for name in taskset]
    rows = sum(float((table.final == "test").sum()) for table in tables if table.folds == 1)
    judged = [
        taskset.tables[taskset[name].table].final
        for name in taskset.programs
        if name in taskset.tasks
    ]
    rows += sum(2.0 * float(np.isin(split, ("dev", "test")).sum()) for split in judged)
    return 1.5 * rows / _ROWS_PER_SECOND


def costs(threads: int) -> Costs:
    """Seconds per 1,000 rows by recipe with `threads` threads.

    The defaults of `Costs` hold for two threads (LOG.md); a second thread gives 1.35 times the
    speed of one, more give little at these batch sizes. The plan shows them; what may start is
    decided by estimates measured in the run.
    """
    from dataclasses import fields

    from polytask.planning.writers.costs import Costs

    usual = Costs()
    factor = 1.35 if threads == 1 else 1.0
    return Costs(**{item.name: getattr(usual, item.name) * factor for item in fields(Costs)})


def encoders_here(taskset: TaskSet, settings: Settings) -> list[str]:
    """Of "text" and "image" those that the task set needs and that have an encoder on this machine.

    An encoder named by the user counts as here; it is an error later if it is not.
    """
    from polytask.learning.weights import find

    wanted = _wanted(taskset, settings)
    return [modality for modality, names in wanted.items() if all(map(find, names))]


def advice(taskset: TaskSet, settings: Settings) -> str:
    """How to fetch the pretrained weights that the task set needs; "" where all are here."""
    from polytask.learning.weights import ALIASES, find

    wanted = set().union(*_wanted(taskset, settings).values())
    absent = [alias for alias, name in ALIASES.items() if name in wanted and find(name) is None]
    if not absent:
        return ""
    command = f"`polytask weights get {' '.join(absent)}`"
    return f"Pretrained weights for these data are not here: {command}, once, makes more possible"


def _wanted(taskset: TaskSet, settings: Settings) -> dict[str, set[str]]:
    """By modality the embedded weights that are needed; none where the user names an encoder."""
    found: dict[str, set[str]] = {}
    for table in (taskset.tables[taskset[name].table] for name in taskset):
        modalities = {column.modality for column in table.columns}
        if "image" in modalities:
            found.setdefault("image", set()).update([] if settings.image_encoder else ["mobilenet"])
        if "text" in modalities:
            name = "minilm" if table.language in ("en", "") else "e5"
            found.setdefault("text", set()).update([] if settings.encoder else [name])
    return found
