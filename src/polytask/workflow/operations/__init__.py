"""What the worker can carry out, one operation a file.

Each is a function of the worker's `State` and plain arguments that gives plain data. The host calls
them by name; the plan's operations (`planning.operations`) are built on them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from polytask.workflow.operations.compare import compare
from polytask.workflow.operations.cost import cost
from polytask.workflow.operations.deliver import deliver
from polytask.workflow.operations.estimate import estimate, look_again
from polytask.workflow.operations.evidence import evidence
from polytask.workflow.operations.helpers import helpers
from polytask.workflow.operations.suggest import suggest
from polytask.workflow.operations.train import train

if TYPE_CHECKING:
    from collections.abc import Callable

OPERATIONS: dict[str, Callable[..., Any]] = {
    "compare": compare,
    "cost": cost,
    "deliver": deliver,
    "estimate": estimate,
    "look_again": look_again,
    "evidence": evidence,
    "helpers": helpers,
    "suggest": suggest,
    "train": train,
}
