"""Programs without a target: nothing of theirs is read, learned or measured; they are served."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from polytask._catalogue import nearest
from polytask._errors import ConfigError
from polytask.tasks.task import Task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.tasks.entry import Entry
    from polytask.tasks.task import Column, TaskSet


def add_programs(taskset: TaskSet, entries: Sequence[Entry]) -> TaskSet:
    """The task set with the programs among `entries` that have no target.

    Args:
        taskset: The tasks that are learned or measured.
        entries: What the task file says, in its order: a program may call those above it.

    Raises:
        ConfigError: An input that no task reads, so that nobody knows what it holds.
    """
    columns = {column.name: column for one in taskset.tables.values() for column in one.columns}
    found = {
        entry.name: Task(entry.name, "", _inputs(entry, columns), "", "program", "")
        for entry in entries
        if entry.program and not entry.target
    }
    if not found:
        return taskset
    known = {**taskset.origins, **{e.name: e for e in entries if e.name in found}}
    order = [entry.name for entry in entries if entry.name in known]
    origins = {name: known[name] for name in dict.fromkeys((*order, *known))}
    return replace(taskset, unmeasured=found, origins=origins)


def _inputs(entry: Entry, columns: Mapping[str, Column]) -> tuple[Column, ...]:
    for name in entry.inputs:
        if name not in columns:
            raise ConfigError(
                f"Task {entry.name!r}: a program without a target reads columns that other tasks "
                f"read; found {name!r}: {nearest(name, columns)}"
            )
    return tuple(columns[name] for name in entry.inputs)
