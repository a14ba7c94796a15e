"""What a part takes in a model: its size, and the time of one row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from polytask.learning.model import Model, load_part
from polytask.learning.precision import settle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.part import Part
    from polytask.tasks.task import Inputs, TaskSet
    from polytask.workflow.state import State

_ROWS = 16
"""Rows that the median is taken over, one at a time; `Model.latency` takes no more."""


def cost(state: State, part: str) -> dict[str, Any]:
    """What the part of the handle `part` takes; keys as in `planning.operations.Cost`.

    Sizes add up to those of the model that is delivered: parts over the same encoder weights, in
    the same number format, become one there (`Model.merged`).
    """
    loaded = load_part(state.part_folder(part))
    names = [name for name in loaded.tasks if name in state.taskset.tasks]
    base, size, heads = _size(loaded, part, names)
    model = Model({part: loaded}, dict.fromkeys(loaded.tasks, part))
    if base != part:
        settle(state.context())
    return {
        "base": base,
        "bytes": size,
        "heads": heads,
        "milliseconds": row_times(state.taskset, model, names),
        "reads": {name: reads(state.taskset, name) for name in names},
    }


def reads(taskset: TaskSet, task: str) -> str:
    """The columns that the rows of `task` have, in words."""
    return ", ".join(column.name for column in taskset[task].inputs)


def row_times(taskset: TaskSet, model: Model, tasks: Sequence[str]) -> dict[str, float]:
    """By task the median milliseconds of one dev row, all `tasks` that read it answered."""
    found: dict[str, float] = {}
    for columns in dict.fromkeys(reads(taskset, task) for task in tasks):
        group = [task for task in tasks if reads(taskset, task) == columns]
        timed = [model.latency(rows, group) for rows in _sample(taskset, group)]
        found |= dict.fromkeys(group, round(max(timed, default=0.0), 3))
    return found


def _size(loaded: Part, part: str, names: Sequence[str]) -> tuple[str, int, dict[str, int]]:
    """What the part stands on, the bytes of that, and by task the bytes on top."""
    if not hasattr(loaded, "encoder"):
        return part, loaded.bytes, dict.fromkeys(names, 0)
    from polytask.learning.neural_part import NeuralPart

    assert isinstance(loaded, NeuralPart)
    heads = {name: 4 * sum(p.numel() for p in loaded.heads[name].parameters()) for name in names}
    size = 4 * sum(value.numel() for value in loaded.encoder.parameters())
    return f"{loaded.encoder.digest()} {loaded.dtype}", size, heads


def _sample(taskset: TaskSet, tasks: Sequence[str]) -> list[Inputs]:
    """Some dev rows of every table of `tasks`; the slowest table counts."""
    fold = taskset.fold(list(tasks))
    return [rows.inputs.take(range(min(len(rows), _ROWS))) for rows in fold.dev.values()]
