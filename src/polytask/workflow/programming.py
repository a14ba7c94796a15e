"""The task programs of a task set: read, checked, kept with a run, put among the parts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from polytask._errors import ConfigError
from polytask.planning.programs import Program
from polytask.workflow.folder import PROGRAMS, write_text
from polytask.workflow.keys import digest

if TYPE_CHECKING:
    from polytask.tasks.task import TaskSet
    from polytask.workflow.choosing import Choice
    from polytask.workflow.folder import RunFolder

PREFIX = "program-"
"""Handles of programs begin so; those of trained parts are hexadecimal."""


def programs(taskset: TaskSet) -> dict[str, Program]:
    """By task its program, in the order of the task file; each may call those above it.

    Raises:
        PlanError: A file is missing or no text.
    """
    written = taskset.programs
    trained = [name for name in taskset if name not in written]
    found: dict[str, Program] = {}
    for name, named in written.items():
        path, function = _parted(named)
        found[name] = Program.read(path, function or name, (*trained, *found))
    return found


def check_programs(taskset: TaskSet) -> None:
    """Refuse a program that cannot answer its task, before anything runs.

    Raises:
        PlanError: It does not check: with file and line.
        ConfigError: Its task is one that no program can answer, or that cannot be measured.
    """
    for name, program in programs(taskset).items():
        if name not in taskset.unmeasured:
            _check_measured(taskset, name)
        program.check()


def _check_measured(taskset: TaskSet, name: str) -> None:
    if taskset[name].kind == "tagging":
        raise ConfigError(
            f"Task {name!r} asks for tags, and a program answers labels, several labels or "
            "numbers: leave `program` out, and call the task from a program of another"
        )
    folds = taskset.folds([name])
    if folds > 1:
        raise ConfigError(
            f"Task {name!r} is answered by a program, and judged in {folds} folds, by parts that "
            "have learned from them: name files for train, dev and test, or a column that says "
            "which row is which"
        )
    modalities = {column.modality for column in taskset[name].inputs}
    if taskset.origins[name].distil and len(modalities) > 1:
        raise ConfigError(
            f"Task {name!r} is to be distilled, and no head reads texts and images together: "
            "leave `distil` out"
        )


def kept_programs(taskset: TaskSet, folder: RunFolder) -> TaskSet:
    """The task set with its programs copied into the run `folder`, where nobody changes them."""
    origins = dict(taskset.origins)
    for number, (name, named) in enumerate(taskset.programs.items()):
        path, function = _parted(named)
        place = folder.path / PROGRAMS / f"{number}_{path.name}"
        place.parent.mkdir(exist_ok=True)
        write_text(place, Program.read(path, function or name).text)
        program = f"{place}:{function}" if function else str(place)
        origins[name] = replace(origins[name], program=program)
    return replace(taskset, origins=origins)


def with_programs(choice: Choice, taskset: TaskSet) -> Choice:
    """The choice with its programs in place of what was trained directly on their targets.

    That stays their control: a program is held against the best part trained for the same target
    alone. A program is left out where a task that it calls has no part.
    """
    parts = dict(choice.parts)
    trained = {name for name in parts if name not in taskset.programs}
    for name, program in programs(taskset).items():
        if set(program.calls) <= trained:
            parts[name] = handle(name, program)
            trained.add(name)
    return replace(choice, parts={name: parts[name] for name in taskset if name in parts})


def handle(task: str, program: Program) -> str:
    """The handle of a program as a part: equal for equal texts."""
    return f"{PREFIX}{digest([task, program.function, program.text])[:12]}"


def _parted(named: str) -> tuple[Path, str]:
    """Path and function of `triage.py:route`; the function may be missing.

    >>> _parted("a/triage.py:route")
    (PosixPath('a/triage.py'), 'route')
    """
    path, colon, function = named.rpartition(":")
    return (Path(path), function) if colon and function.isidentifier() else (Path(named), "")
