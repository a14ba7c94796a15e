"""Programs of a model that grows: their answers change with those of the tasks they call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask.learning.program_part import ProgramPart
from polytask.workflow import scoring
from polytask.workflow.keys import digest
from polytask.workflow.operations.train import dev_metric
from polytask.workflow.trying import Tried

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from polytask.learning.model import Model
    from polytask.workflow.state import State


def programs_of(model: Model) -> dict[str, ProgramPart]:
    """By task the program that answers it, in an order in which each calls those before it."""
    found = {task: model.parts[name] for task, name in model.routing.items()}
    return {task: part for task, part in found.items() if isinstance(part, ProgramPart)}


def callers(model: Model, changed: Collection[str]) -> Iterator[tuple[str, ProgramPart]]:
    """The programs whose answers may change with those of the tasks `changed`, directly or not.

    A program without a target has no figures, and is not among them.
    """
    reached = set(changed)
    for task, part in programs_of(model).items():
        if reached.intersection(part.program.calls):
            reached.add(task)
            if part.task.kind != "program":
                yield task, part


def called(model: Model, task: str) -> set[str]:
    """The tasks that the program of `task` calls, directly or through other programs."""
    programs = programs_of(model)
    found: set[str] = set()
    for name in programs[task].program.calls if task in programs else ():
        found |= {name} | called(model, name)
    return found


def followed(state: State, model: Model, task: str, part: ProgramPart) -> Tried:
    """The program of `task` as `model` answers its calls, scored on dev.

    Args:
        state: Holds the rows.
        model: The model as it would be.
        task: Its task.
        part: The program.
    """
    bound = part.bound(model)
    on_dev = scoring.score_rows(bound, state.taskset.fold([task]).dev, [task])[task]
    # equal texts answered by other models are other parts
    handle = digest(["grow", part.recipe, task, {n: model.routing[n] for n in called(model, task)}])
    dev = dev_metric(state.taskset, task, on_dev)
    return Tried(bound, model.tasks[task], part.recipe, handle, dev, on_dev)
