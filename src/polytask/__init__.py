"""polytask: labelled files for several tasks in, one measured multi-task model out.

>>> import polytask
>>> polytask.__version__
'0.1.0'

The door: `run`, `plan`, `load`, `add`, `update`, `evaluate`, `compare`, and the values they
speak of.
Everything is imported when first used, so that `import polytask` loads no torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from polytask._errors import PolytaskError, RunError, UserError
    from polytask.tasks import Task, TaskSet
    from polytask.workflow.adding import add
    from polytask.workflow.evaluating import compare, evaluate
    from polytask.workflow.predicting import load_model as load
    from polytask.workflow.result import Result
    from polytask.workflow.running import run
    from polytask.workflow.updating import update

__version__ = "0.1.0"

__all__ = [
    "PolytaskError",
    "Result",
    "RunError",
    "Task",
    "TaskSet",
    "UserError",
    "add",
    "compare",
    "evaluate",
    "load",
    "plan",
    "run",
    "update",
]

_PLACES = {
    "PolytaskError": ("polytask._errors", "PolytaskError"),
    "Result": ("polytask.workflow.result", "Result"),
    "RunError": ("polytask._errors", "RunError"),
    "Task": ("polytask.tasks", "Task"),
    "TaskSet": ("polytask.tasks", "TaskSet"),
    "UserError": ("polytask._errors", "UserError"),
    "add": ("polytask.workflow.adding", "add"),
    "compare": ("polytask.workflow.evaluating", "compare"),
    "evaluate": ("polytask.workflow.evaluating", "evaluate"),
    "load": ("polytask.workflow.predicting", "load_model"),
    "run": ("polytask.workflow.running", "run"),
    "update": ("polytask.workflow.updating", "update"),
}


def __getattr__(name: str) -> Any:
    if name == "plan":  # a module that can be called: see its docstring
        return importlib.import_module("polytask.plan")
    if name not in _PLACES:
        raise AttributeError(f"module 'polytask' has no attribute {name!r}")
    module, attribute = _PLACES[name]
    return getattr(importlib.import_module(module), attribute)


def __dir__() -> list[str]:
    return __all__
