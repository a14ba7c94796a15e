"""What a written plan knows of its tasks to decide by: constants, each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask.planning.writers.wording import block, quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from polytask.tasks.profile import TaskProfile

FEW = 500
"""Dev rows below which any loss counts: a point is then less than five rows, which is luck.

LOG.md, "Ten tasks, thirty minutes, third try".
"""
_ERRORS = ("mae", "rmse")  # metrics of which less is better


def few(tasks: Sequence[TaskProfile]) -> list[str]:
    """The tasks that fewer than `FEW` rows judge."""
    return [task.name for task in tasks if judged(task) < FEW]


def sharing(
    tasks: Sequence[TaskProfile], margin: float, answered: Collection[str] = ()
) -> list[str]:
    """Lines on what decides whether tasks are shared: margin, small tasks, folds, programs, rows.

    Args:
        tasks: The tasks.
        margin: δ of the certificate.
        answered: Those that programs answer.
    """
    programs = [task.name for task in tasks if task.name in answered]
    folded = [task.name for task in tasks if task.folds > 1]
    rows = (f"{quoted(task.name)}: {task.n_train}" for task in tasks)
    return [
        "# The margin of the certificate: a loss below it counts as none.",
        f"TOLERANCE = {margin:g}",
        f"# Tasks with fewer than {FEW} rows to judge by: there any loss counts.",
        *block("FEW: list[str] = [", map(quoted, few(tasks)), "]"),
        "# Tasks judged in folds: a finished control has seen all rows, so it may not teach them.",
        *block("FOLDED: list[str] = [", map(quoted, folded), "]"),
        "# Tasks that programs answer: a part is not the smaller for being shared with them.",
        *block("PROGRAMS: list[str] = [", map(quoted, programs), "]"),
        "# Rows to learn from.",
        *block("ROWS = {", rows, "}"),
    ]


def scale(tasks: Sequence[TaskProfile]) -> dict[str, float]:
    """By task measured by an error the divisor of its results: minus one standard deviation."""
    return {
        task.name: -float(f"{task.target_sd or 1.0:.4g}")
        for task in tasks
        if task.metric in _ERRORS
    }


def judged(task: TaskProfile) -> int:
    """Rows that candidates are compared on: dev, or all rows where there are folds."""
    return task.n_test if task.folds > 1 else task.n_dev
