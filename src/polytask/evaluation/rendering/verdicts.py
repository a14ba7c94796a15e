"""Verdicts in words and colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from polytask.evaluation.report import Report, TaskReport


def verdict_word(report: Report, task: TaskReport) -> str:
    """The verdict of a task as a reader should see it.

    "apart" reads "kept apart" only where other tasks share or are helped, else "alone".
    """
    if task.status != "ok":
        return "failed"
    if task.verdict != "apart":
        return task.verdict or "no control"
    parts = report.model.parts if report.model else ()
    shared = any(len(part.tasks) > 1 for part in parts)
    helped = any(other.learned_with for other in report.tasks.values())
    return "kept apart" if shared or helped else "alone"


def verdict_class(task: TaskReport) -> str:
    """The style class of a task's verdict.

    >>> from polytask.evaluation.report import TaskReport
    >>> verdict_class(TaskReport("binary", "accuracy", verdict="no worse"))
    'v-no-worse'
    """
    if task.status != "ok":
        return "v-worse"
    return "v-" + (task.verdict or "none").replace(" ", "-")
