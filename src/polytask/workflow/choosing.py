"""Which parts are delivered: what the plan named, completed by the best on dev."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from polytask.workflow.trainings import trainings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from polytask.planning.journal import Call
    from polytask.tasks.task import TaskSet
    from polytask.workflow.trainings import Training


@dataclass(frozen=True)
class Choice:
    """The parts to deliver and their controls, by task; `planned` when the plan said so.

    `repeats` are, by part, the same training with other seeds: measured, never delivered.
    """

    parts: dict[str, str]
    controls: dict[str, str]
    planned: bool
    repeats: dict[str, list[str]] = field(default_factory=dict)


def choose(calls: Sequence[Call], taskset: TaskSet) -> Choice:
    """What the plan named in `finish`, completed by the best part on dev for tasks it left out."""
    named = _named(calls)
    best, single = best_parts(trainings(calls), taskset)
    parts = best | (named.parts if named else {})
    controls = single | (named.controls if named else {})
    return Choice(
        {task: parts[task] for task in taskset if task in parts},
        {task: controls[task] for task in taskset if task in parts and task in controls},
        planned=named is not None,
        repeats=named.repeats if named else {},
    )


def _named(calls: Sequence[Call]) -> Choice | None:
    """What `combine` made the model of that `finish` named last; `None` if there is no such."""
    done = [call for call in calls if call.state == "done"]
    models: Any = {str(call.output): call.arguments for call in done if call.operation == "combine"}
    ends = [str(call.arguments["model"]) for call in done if call.operation == "finish"]
    if not ends or ends[-1] not in models:
        return None
    made = models[ends[-1]]
    return Choice(
        dict(made["parts"]), dict(made["controls"]), planned=True, repeats=made.get("repeats", {})
    )


def best_parts(
    found: Iterable[Training], taskset: TaskSet
) -> tuple[dict[str, str], dict[str, str]]:
    """By task the best part on dev: of all, and of those trained on that task alone.

    Repeats are left out: the best of several seeds would win by luck. A part that builds on others
    is not trained alone.
    """
    done = [one for one in found if one.status == "done" and not one.repeat]
    alone = [one for one in done if len(one.tasks) == 1 and not one.lineage]
    return _best(done, taskset), _best(alone, taskset)


def _best(found: Sequence[Training], taskset: TaskSet) -> dict[str, str]:
    """By task the part of most worth; of equals the first."""
    from polytask.evaluation.metrics import metric

    best: dict[str, tuple[float, str]] = {}
    for one in found:
        for task, value in one.dev.items():
            worth = metric(taskset[task].metric).sign * value
            worth = worth if worth == worth else -math.inf  # undefined: better than nothing only
            if task not in best or worth > best[task][0]:
                best[task] = (worth, one.part)
    return {task: part for task, (_, part) in best.items()}
