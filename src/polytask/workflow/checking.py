"""Checks of a plan before anything runs."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from polytask._catalogue import nearest, parse
from polytask._errors import ConfigError, PlanError
from polytask.learning.balancing import BALANCERS
from polytask.learning.losses import LOSSES
from polytask.learning.observing import OBSERVERS
from polytask.learning.recipes import RECIPES
from polytask.learning.regularising import REGULARISERS
from polytask.learning.sampling import SAMPLINGS
from polytask.learning.transfer import TRANSFERS
from polytask.planning.stubs import Vocabulary
from polytask.tasks.task_file import read_task_file
from polytask.workflow.folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from polytask.tasks.entry import Entry

VOCABULARY = Vocabulary(
    RECIPES,
    {
        "balancer": BALANCERS,
        "loss": LOSSES,
        "transfer": TRANSFERS,
        "regulariser": REGULARISERS,
        "sampling": SAMPLINGS,
        "observer": OBSERVERS,
    },
)
"""The parts a plan may name."""


def check_plan(path: Path) -> None:
    """Check the plan at `path` as far as can be without running it.

    It parses, its types fit the operations, it calls `finish`, and the tasks that its calls of
    `train` name are in its task file.

    Raises:
        PlanError: With file, line and column.
        ConfigError: Its task file is not there or wrong.
    """
    from polytask.planning.checks import check_text, read

    text = read(path)
    check_text(text, VOCABULARY, name=str(path))
    entries = read_task_file(task_file(text, path))
    _check_losses(entries)
    known = [entry.name for entry in entries]
    check_names(text, known, name=str(path))


def check_names(text: str, known: Sequence[str], *, name: str) -> None:
    """Check that a plan, whose types fit, calls `finish` and trains tasks of `known` alone.

    Raises:
        PlanError: With `name`, line and column.
    """
    tree = ast.parse(text)
    if not _finishes(tree):
        raise PlanError(f"{name}: the plan never calls finish(model), so it would give no model")
    for node in _trained(tree):
        if node.value not in known:
            raise PlanError(
                f"{name}:{node.lineno}:{node.col_offset + 1}: there is no task {node.value!r}: "
                f"{nearest(str(node.value), known)}"
            )


def _check_losses(entries: Sequence[Entry]) -> None:
    """Refuse unknown losses; whether one is for the kind of its task is seen with the data."""
    for entry in entries:
        try:
            if entry.loss:
                LOSSES.check(parse(entry.loss))
        except ConfigError as error:
            raise ConfigError(f"Task {entry.name!r}: `loss`: {error}") from error


def _finishes(tree: ast.Module) -> bool:
    """Whether `finish` is used under any name."""
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name == "finish"
    }
    return any(
        (isinstance(node, ast.Name) and node.id in names)
        or (isinstance(node, ast.Attribute) and node.attr == "finish")
        for node in ast.walk(tree)
    )


def _trained(tree: ast.Module) -> list[ast.Constant]:
    """The names of tasks written out in calls of `train([…], …)` or in candidates."""
    return [
        item
        for names in _lists(tree)
        if isinstance(names, (ast.List, ast.Tuple))
        for item in names.elts
        if isinstance(item, ast.Constant)
    ]


def _lists(tree: ast.Module) -> Iterator[ast.expr]:
    """What stands for tasks in calls of `train`, and in dicts that calls of `train_all` hold."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or not call.args:
            continue
        if call.func.id == "train":
            yield call.args[0]
        if call.func.id == "train_all":
            for node in ast.walk(call):
                yield from _named(node) if isinstance(node, ast.Dict) else ()


def _named(candidate: ast.Dict) -> Iterator[ast.expr]:
    for key, value in zip(candidate.keys, candidate.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == "tasks":
            yield value


def task_file(text: str, path: Path) -> Path:
    """Where the task file lies that the plan `text` at `path` names.

    A plan in a run folder may name a file that lay beside the plan it is a copy of.
    """
    named = task_source(text, path)
    beside = RunFolder(path.parent)
    return beside.task_file if beside.exists else path.parent / named


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
