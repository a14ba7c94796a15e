"""The task programs of a task set: read, checked, kept with a run, put among the parts."""

from __future__ import annotations

import itertools
import json
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from polytask._catalogue import nearest
from polytask._errors import ConfigError
from polytask.isolation.enclosing import chosen, ways
from polytask.planning.programs import Program, RowBudget
from polytask.tasks.steps import RESULTS
from polytask.tasks.task import Finding
from polytask.workflow.folder import PROGRAMS, STEPS, write_text
from polytask.workflow.keys import digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from polytask.tasks.task import TaskSet
    from polytask.workflow.choosing import Choice
    from polytask.workflow.folder import RunFolder
    from polytask.workflow.settings import Settings

PREFIX = "program-"
"""Handles of programs begin so; those of trained parts are hexadecimal."""
ASKING = 0.2
"""Share of the budget that the prompts of programs to a language model may use."""


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


def row_budget(taskset: TaskSet, name: str) -> RowBudget:
    """What the program of a task may use for a row.

    Raises:
        ConfigError: A name that there is not, or a value out of range.
    """
    wanted, known = taskset.origins[name].budget, [item.name for item in fields(RowBudget)]
    where = f"{taskset.source}: task {name!r}: `budget`"
    for one in wanted:
        if one not in known:
            raise ConfigError(f"{where}: unknown name {one!r}: {nearest(one, known)}")
    try:
        return RowBudget(**wanted)  # type: ignore[arg-type]
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error


def check_programs(taskset: TaskSet, settings: Settings | None = None) -> None:
    """Refuse a program that cannot answer its task, before anything runs.

    Args:
        taskset: The tasks with their programs.
        settings: What the user chose, where a run is to start; `None` looks at the programs alone.

    Raises:
        PlanError: It does not check: with file and line.
        ConfigError: Its task is one that no program can answer, or that cannot be measured; or it
            asks a language model, and there is none that may see what it writes of rows.
        MissingError: It runs code, and this machine has no way to shut code in.
    """
    for name, program in programs(taskset).items():
        if name not in taskset.unmeasured:
            _check_measured(taskset, name)
        row_budget(taskset, name)
        program.check()
        if settings is None:
            continue
        if program.asks:
            _check_asking(program, settings)
        if program.codes:
            chosen(None)


def asking_share(taskset: TaskSet) -> float:
    """The share of the budget that prompts of its programs have; 0 where none asks."""
    return ASKING if any(program.asks for program in programs(taskset).values()) else 0.0


def needs(taskset: TaskSet) -> list[Finding]:
    """What a run of the programs needs beside the data."""
    found = []
    for name, program in programs(taskset).items():
        if program.asks:
            told = (
                f"{program.file}:{program.asks}: the program asks a language model: a run needs "
                "--llm, and --share-rows, since it sends what it writes of rows"
            )
            found.append(Finding("needs_model", told, name, 0, "info"))
        if program.codes and not ways():
            files = ", ".join(code.file for code in program.codes)
            told = f"{program.file} runs {files}, and this machine has no way to shut code in"
            found.append(Finding("needs_isolation", told, name))
    return found


def _check_asking(program: Program, settings: Settings) -> None:
    if settings.llm and settings.share_rows:
        return
    where = f"{program.file}:{program.asks}: the program asks a language model"
    if not settings.llm:
        raise ConfigError(
            f"{where}, and none is named: name one, e.g. --llm http://localhost:8080/v1 "
            "--llm-model NAME --share-rows, or leave `ask` out"
        )
    raise ConfigError(
        f"{where}, which gets what the program writes of rows of all splits: rows are sent only "
        "with --share-rows; add it, or leave `ask` out"
    )


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
    """The task set with its programs copied into the run `folder`, where nobody changes them.

    What stands there already stays: a grown run has those of the one that it came from.
    """
    origins, home = dict(taskset.origins), folder.path / PROGRAMS
    numbers = _numbers_from(home)
    for name, named in taskset.programs.items():
        path, function = _parted(named)
        kept = Program.read(path, function or name)
        place = home / f"{next(numbers)}_{path.name}"
        # What it runs lies beside it, under names that another program may use, too.
        place = place.with_suffix("") / path.name if kept.codes else place
        place.parent.mkdir(parents=True, exist_ok=True)
        write_text(place, kept.text)
        for code in kept.codes:
            write_text(place.with_name(code.file), code.text)
        program = f"{place}:{function}" if function else str(place)
        origins[name] = replace(origins[name], program=program)
    return replace(taskset, origins=origins)


def kept_steps(taskset: TaskSet, folder: RunFolder) -> TaskSet:
    """The task set with its steps, and what came of them, copied into the run `folder`.

    What stands there already stays, as with `kept_programs`.
    """
    origins, home = dict(taskset.origins), folder.path / STEPS
    numbers = _numbers_from(home)
    for name in taskset:
        if name not in origins or not origins[name].steps:
            continue
        number, steps = next(numbers), {}
        for word, path in origins[name].steps.items():
            place = home / f"{number}_{word}.py"
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(Path(path).read_bytes())
            steps[word] = str(place)
        origins[name] = replace(origins[name], steps=steps)
    for key, found in taskset.stepped.items():
        (home / RESULTS).mkdir(exist_ok=True)
        write_text(home / RESULTS / f"{key}.json", json.dumps(found, ensure_ascii=False))
    return replace(taskset, origins=origins)


def _numbers_from(home: Path) -> Iterator[int]:
    """Numbers that no file in a folder begins with, from the first that is free."""
    taken = [path.name.partition("_")[0] for path in home.glob("[0-9]*_*")]
    return itertools.count(1 + max(map(int, taken), default=-1))


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


def rivals(trained: Choice, chosen: Choice, taskset: TaskSet) -> dict[str, str]:
    """By task with a program that competes what answers it where the program is no better.

    Args:
        trained: The choice before `with_programs`.
        chosen: That behind it.
        taskset: Says which programs compete.
    """
    return {
        name: trained.parts[name]
        for name, part in chosen.parts.items()
        if part != trained.parts.get(name, part) and taskset.origins[name].competes
    }


def handle(task: str, program: Program) -> str:
    """The handle of a program as a part: equal for equal texts."""
    codes = [[code.file, code.text] for code in program.codes]
    said = [task, program.function, program.text, *([codes] if codes else [])]
    return f"{PREFIX}{digest(said)[:12]}"


def _parted(named: str) -> tuple[Path, str]:
    """Path and function of `triage.py:route`; the function may be missing.

    >>> _parted("a/triage.py:route")
    (PosixPath('a/triage.py'), 'route')
    """
    path, colon, function = named.rpartition(":")
    return (Path(path), function) if colon and function.isidentifier() else (Path(named), "")
