"""Tasks: what they are, reading and recognising them, profiles, splits and folds.

Imports only `_errors`, `_catalogue` and data libraries; knows no torch, no metric and no plan.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

# At once, not when asked for: the function must take the place of the submodule of its name.
from polytask.tasks.profile import Profile, TaskProfile, profile

if TYPE_CHECKING:
    from polytask.tasks.loading import load as load
    from polytask.tasks.loading import with_helpers as with_helpers
    from polytask.tasks.task import Column as Column
    from polytask.tasks.task import Finding as Finding
    from polytask.tasks.task import Fold as Fold
    from polytask.tasks.task import Inputs as Inputs
    from polytask.tasks.task import Rows as Rows
    from polytask.tasks.task import Table as Table
    from polytask.tasks.task import Task as Task
    from polytask.tasks.task import TaskSet as TaskSet
    from polytask.tasks.task_file import read_task_file as read_task_file
    from polytask.tasks.task_file_writing import write_task_file as write_task_file

_DOOR = {
    "load": "loading",
    "with_helpers": "loading",
    "read_task_file": "task_file",
    "write_task_file": "task_file_writing",
    **dict.fromkeys(
        ("Column", "Finding", "Fold", "Inputs", "Rows", "Table", "Task", "TaskSet"), "task"
    ),
}
__all__ = ["Profile", "TaskProfile", "profile", *_DOOR]


def __getattr__(name: str) -> Any:
    if name not in _DOOR:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_DOOR[name]}"), name)
