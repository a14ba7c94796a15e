"""Checks of a plan before anything runs."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from polytask._errors import PlanError
from polytask.learning.balancing import BALANCERS
from polytask.learning.recipes import RECIPES
from polytask.planning.stubs import Vocabulary

if TYPE_CHECKING:
    from pathlib import Path

VOCABULARY = Vocabulary(RECIPES, {"balancer": BALANCERS})
"""The parts a plan may name."""


def check_plan(path: Path) -> None:
    """Parse the plan at `path` and check its types against the operations; run nothing.

    Raises:
        PlanError: With file, line and column.
    """
    from polytask.planning.checks import check

    check(path, VOCABULARY)


def task_source(text: str, path: Path) -> str:
    """The task file that a plan names in its call of `tasks(…)`.

    >>> from pathlib import Path
    >>> task_source('t = tasks("a/tasks.yaml")', Path("plan.py"))
    'a/tasks.yaml'
    """
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise PlanError(f"{path}:{error.lineno}:{error.offset}: {error.msg}") from error
    named = []
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "tasks"
        ):
            values = [*node.args, *(keyword.value for keyword in node.keywords)]
            if not values:
                named.append("tasks.yaml")
            elif isinstance(values[0], ast.Constant) and isinstance(values[0].value, str):
                named.append(values[0].value)
    if len(set(named)) != 1:
        raise PlanError(
            f'{path}: a plan names its task set once, as tasks("tasks.yaml"); '
            f"found {sorted(set(named))}"
        )
    return named[0]
