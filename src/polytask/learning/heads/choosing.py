"""Which loss a task is trained with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask._catalogue import parse
from polytask.learning.losses import LOSSES
from polytask.learning.losses.custom import Custom

if TYPE_CHECKING:
    from polytask.learning.losses.loss import Loss
    from polytask.tasks.task import Task


def chosen(task: Task, wanted: Loss | None) -> Loss | None:
    """The loss of a recipe where it is for tasks of this kind, else what `task` names itself.

    Args:
        task: The task.
        wanted: What the recipe names, `None` for nothing.

    Returns:
        The loss; `None` for that of the head.
    """
    if wanted is not None and task.kind in wanted.kinds:
        return wanted
    if task.loss_code:
        return Custom(task.loss_code, () if task.kind == "regression" else task.labels, task.name)
    if not task.loss:
        return None
    found: Loss = LOSSES.build(parse(task.loss))
    return found
