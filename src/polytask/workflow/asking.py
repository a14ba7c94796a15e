"""What a task file asks for beside its tasks: recipes that a plan is to try, losses of tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from polytask._catalogue import parse
from polytask._errors import ConfigError
from polytask.learning.fitting import refuse_apart
from polytask.learning.losses import LOSSES
from polytask.planning.writers.ladder import for_modality
from polytask.workflow.checking import VOCABULARY
from polytask.workflow.operations.recipes import build

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.recipes.tuned import Tuned
    from polytask.learning.regularising.regulariser import Regulariser
    from polytask.learning.sampling.sampling import Sampling
    from polytask.learning.transfer.transfer import Transfer
    from polytask.tasks.task import Task, TaskSet


def asked(taskset: TaskSet) -> tuple[str, ...]:
    """The recipes that a task file asks for, checked as far as can be told before training.

    Each is made to check its values, which loads torch where it names a loss.

    Returns:
        Their canonical text forms.

    Raises:
        ConfigError: Unknown names or arguments, values out of range, arguments that contradict
            each other, or a recipe that is for none of the tasks.
    """
    check_losses(taskset)
    tasks = list(taskset.tasks.values())
    for recipe in taskset.recipes:
        try:
            _check(recipe, tasks)
        except ConfigError as error:
            raise ConfigError(f"{taskset.source}: `recipes`: {error}") from error
    return tuple(map(VOCABULARY.canonical, taskset.recipes))


def suits(recipe: str, tasks: Sequence[Task]) -> bool:
    """Whether `recipe` can be tried on `tasks`, as far as can be told before training.

    One that an earlier version knew may not be known any more.
    """
    try:
        VOCABULARY.canonical(recipe)
        _check(recipe, tasks)
    except ConfigError:
        return False
    return True


def check_losses(taskset: TaskSet) -> None:
    """Refuse a loss that a task names and cannot have; loads torch where one is named.

    Raises:
        ConfigError: An unknown name or argument, a value out of range, or a loss for tasks of
            another kind.
    """
    for name in (*taskset, *taskset.helpers):
        task = taskset[name]
        where = f"{taskset.source}: task {name!r}: `loss`"
        try:
            kinds = LOSSES.build(parse(task.loss)).kinds if task.loss else (task.kind,)
        except ConfigError as error:
            raise ConfigError(f"{where}: {error}") from error
        if task.kind not in kinds:
            fit = [one for one in LOSSES if task.kind in LOSSES.load(one).kinds]
            raise ConfigError(
                f"{where}: {task.loss} is for {', '.join(sorted(kinds))} tasks, and this one is "
                f"{task.kind}; for it there are {', '.join(fit)}"
            )


def _check(recipe: str, tasks: Sequence[Task]) -> None:
    built = build(recipe)
    loss = getattr(built, "loss", None)
    modality, read = for_modality(parse(recipe)), {c.modality for t in tasks for c in t.inputs}
    if modality and modality not in read:
        found = " and ".join(sorted(read))
        raise ConfigError(f"{recipe} is for tasks on {modality}; found {found}")
    if loss is not None and not any(task.kind in loss.kinds for task in tasks):
        found = ", ".join(f"{task.name} ({task.kind})" for task in tasks)
        kinds = ", ".join(sorted(loss.kinds))
        raise ConfigError(f"{recipe} has a loss for {kinds} tasks; found {found}")
    transfer = getattr(built, "transfer", None)
    if transfer is not None:
        _check_transfer(transfer, recipe)
        refuse_apart(tasks, transfer, loss)
    readers = [t for t in tasks if modality in ("", *(c.modality for c in t.inputs))]
    parts: list[Any] = [built, *(getattr(built, one, None) for one in ("regulariser", "sampling"))]
    for part in parts:
        if hasattr(part, "suits"):
            _check_suits(part, recipe, readers)


def _check_transfer(transfer: Transfer, recipe: str) -> None:
    """Refuse one that builds on a part: what a task file asks for builds on none."""
    if transfer.over:
        raise ConfigError(
            f"{recipe} builds on a part with `transfer={transfer.over}()`, and recipes of a task "
            "file build on none; write a plan that gives train() such a part as `start`"
        )


def _check_suits(part: Tuned | Regulariser | Sampling, recipe: str, tasks: Sequence[Task]) -> None:
    """Refuse a part that suits `tasks` neither together nor alone; plans try both."""
    refusals = []
    groups = [tasks, *([task] for task in tasks)]
    for group in groups:
        try:
            part.suits(group)
        except ConfigError as error:
            refusals.append(error)
    if len(refusals) == len(groups):
        raise ConfigError(f"{recipe}: {refusals[0]}") from refusals[0]
