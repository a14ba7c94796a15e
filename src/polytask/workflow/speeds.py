"""What is known of this machine before anything is measured: speeds, which encoders are here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from polytask.planning.writers.costs import Costs
    from polytask.tasks.task import TaskSet
    from polytask.workflow.settings import Settings

_ROWS_PER_SECOND = 400.0
"""Rows a small encoder answers in a second on two cores, with care; LOG.md, "Inference speed"."""


def testing_seconds(taskset: TaskSet) -> float:
    """Seconds in which the model and the controls answer the test rows, by one seed each.

    Tasks with folds cost nothing: they were answered out of fold when trained.
    """
    tables = [taskset.tables[taskset[name].table] for name in taskset]
    rows = sum(float((table.final == "test").sum()) for table in tables if table.folds == 1)
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

    here = []
    tables = taskset.tables.values()
    columns = [column for table in tables for column in table.columns]
    if any(column.modality == "image" for column in columns) and (
        settings.image_encoder or find("image")
    ):
        here.append("image")
    texts = [t for t in tables if any(c.modality == "text" for c in t.columns)]
    names = {"minilm" if table.language in ("en", "") else "e5" for table in texts}
    if texts and (settings.encoder or all(find(name) for name in names)):
        here.append("text")
    return here
