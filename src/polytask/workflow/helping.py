"""What helpers gave: which were ranked, tried, and used, read from the answers in the journal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from polytask.evaluation.report import Estimate, Help
from polytask.workflow.trainings import trainings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from polytask.planning.journal import Call
    from polytask.tasks.task import TaskSet
    from polytask.workflow.choosing import Choice
    from polytask.workflow.trainings import Training


def helps(calls: Sequence[Call], taskset: TaskSet, choice: Choice) -> tuple[Help, ...]:
    """By task and sets what training with them gave; sets that were only ranked stand there too.

    A task that starts from the encoder of a part of helpers alone is helped in sequence. Helpers
    alone from which no task started, for want of time mostly, have a line without a task.

    Of the same tried with several recipes the one that is used stands there, else the first.

    Args:
        calls: The operations of the run.
        taskset: The tasks and helpers.
        choice: What is delivered.
    """
    found = {(one.task, one.sets, False): one for one in _ranked(calls)}
    gains = _gains(calls)
    trained = trainings(calls)
    alone = [one for one in trained if set(one.tasks) <= set(taskset.helpers) and not one.repeat]
    firsts = {one.part: one for one in alone if one.part}
    for one in trained:
        after = firsts.get(one.lineage.start)
        sets = _sets(after or one, taskset)
        for task in one.tasks if sets and not one.repeat else ():
            if task not in taskset.tasks:
                continue
            rows = _rows(sets, taskset)
            key = (task, sets, after is not None)
            before = found.get(key, Help(task, sets, rows, in_sequence=after is not None))
            used = bool(one.part) and choice.parts.get(task) == one.part
            if used or not before.status:
                gain = gains.get((one.part, task))
                told = replace(before, status=one.status, gain=gain, used=used)
                found[key] = told
    started = {one.lineage.start for one in trained}
    idle = [one for one in alone if not one.part or one.part not in started]
    fates = {_sets(one, taskset): one.status for one in idle}
    unused = (Help("", s, _rows(s, taskset), status=t, in_sequence=True) for s, t in fates.items())
    return (*found.values(), *unused)


def _ranked(calls: Sequence[Call]) -> Iterator[Help]:
    for call in calls:
        if call.operation == "helpers" and call.state == "done":
            asked: Any = call.arguments
            answer: Any = call.output
            for one in answer:
                sets = (str(one["name"]),)
                yield Help(str(asked["task"]), sets, int(one["rows"]), float(one["similarity"]))


def _gains(calls: Sequence[Call]) -> dict[tuple[str, str], Estimate]:
    """By part and task its gain on dev over the control it was last compared with."""
    found = {}
    for call in calls:
        if call.operation == "compare" and call.state == "done":
            asked: Any = call.arguments
            answer: Any = call.output
            for task, one in answer.items():
                gain = Estimate(one["gain"], one["low"], one["high"])
                found[str(asked["shared"]), str(task)] = gain
    return found


def _rows(sets: Sequence[str], taskset: TaskSet) -> int:
    """How many rows there are to learn from in `sets`."""
    return sum(int((taskset.tables[name].final == "train").sum()) for name in sets)


def _sets(one: Training, taskset: TaskSet) -> tuple[str, ...]:
    """The sets of the helpers that a training learned too, in their order."""
    named = [taskset[task].table for task in one.tasks if task in taskset.helpers]
    return tuple(dict.fromkeys(named))
