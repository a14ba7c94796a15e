"""Programs from a finished run: what was trained, written out, and run where polytask is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytask._catalogue import nearest
from polytask._errors import ConfigError, OutputError
from polytask.workflow.folder import RunFolder, check_new, write_text
from polytask.workflow.operations.recipes import build
from polytask.workflow.result import Result
from polytask.workflow.state import State

if TYPE_CHECKING:
    from polytask.deployment.script.subject import Measured, Subject
    from polytask.deployment.script.verifying import Verified
    from polytask.evaluation.report import TaskReport
    from polytask.tasks.task import TaskSet


def script(run: str | Path, *, task: str = "", out: str | Path | None = None) -> Path:
    """Write the training of a part of the model in `run` as a program without polytask.

    Args:
        run: A finished run folder; it is only read, but for the program's default place.
        task: A task of the part; may be left out where one part answers all tasks.
        out: The file to make; default `NAME.py` in the run folder, named after the tasks. Row
            numbers, where the program needs them, stand beside it in `NAME.rows.json`.

    Returns:
        The file.

    Raises:
        ConfigError: What was trained cannot be written yet, or several parts answer the tasks.
        OutputError: `run` is not finished, or the file is there.
    """
    from polytask.deployment.script.writing import written

    folder = RunFolder(Path(run))
    result = Result.load(run)
    subject = _subject(folder, result, _part(result, task))
    path = Path(out) if out is not None else folder.path / f"{_stem(subject)}.py"
    if path.suffix != ".py":
        raise OutputError(f"A program ends in .py; found {str(path)!r}")
    check_new(path)
    found = written(subject, path.name)
    if found.rows:
        write_text(path.with_suffix(".rows.json"), found.rows)
    write_text(path, found.program)
    return path


def verify(run: str | Path, path: Path) -> list[Verified]:
    """Run the program at `path` in an environment without polytask, and compare its figures.

    Raises:
        RunError: It failed.
    """
    from polytask.deployment.script.verifying import verified

    report = Result.load(run).report
    return verified(path, {name: _measured(task) for name, task in report.tasks.items()})


def _part(result: Result, task: str) -> str:
    """The handle of the part to write."""
    tasks = result.report.tasks
    if task and task not in tasks:
        raise ConfigError(f"The run has no task {task!r}: {nearest(task, tasks)}")
    parts = {name: one.part for name, one in tasks.items() if one.status == "ok"}
    handles = {parts.get(task, "")} if task else set(parts.values())
    if len(handles) > 1:
        listed = ", ".join(f"{name} ({tasks[name].recipe})" for name in parts)
        raise ConfigError(
            f"{len(handles)} parts answer these tasks, each trained on its own: {listed}. Write "
            "one after the other with --task"
        )
    handle = next(iter(handles), "")
    if not handle:
        told = ", ".join(parts) or "none"
        raise ConfigError(
            f"There is nothing to write: the run could not answer this task; it answers {told}"
        )
    return handle


def _subject(folder: RunFolder, result: Result, handle: str) -> Subject:
    from polytask.deployment.script.reading import reading
    from polytask.deployment.script.subject import Subject

    settings = folder.settings()["settings"]
    taskset = State(folder, {**settings, "folder": str(folder.path)}, lambda _: None).taskset
    facts = json.loads((folder.parts / handle / "facts.json").read_text(encoding="utf-8"))
    tasks = tuple(taskset[name] for name in facts["tasks"])
    _check_history(result, facts, taskset)
    tables = {task.table: [t for t in tasks if t.table == task.table] for task in tasks}
    readings = {
        name: reading(taskset.tables[name], own, taskset.origins) for name, own in tables.items()
    }
    return Subject(
        tasks,
        build(facts["recipe"]),
        readings,
        {task.name: _measured(result.report.tasks[task.name]) for task in tasks},
        _counts(taskset, facts["tasks"]),
        seed=int(settings["seed"]),
        threads=int(settings["threads"]),
        **_encoder(folder, handle),
    )


def _check_history(result: Result, facts: dict[str, Any], taskset: TaskSet) -> None:
    """Refuse a part that learned from more than the rows of tasks that are served.

    Raises:
        ConfigError: With what it learned from, and the way out.
    """
    problem, way = "", "`polytask predict` answers new rows"
    if facts.get("start") or facts.get("teachers"):
        problem = "it began from, or learned from, another trained part"
    elif any(name in taskset.helpers for name in facts["tasks"]):
        problem = "labelled sets helped that are not served"
    elif any(name not in result.report.tasks for name in facts["tasks"]):
        problem = "it learned tasks that the run does not report"
    elif (folds := taskset.folds(facts["tasks"])) > 1:
        problem = (
            f"its rows are few and are judged in {folds} folds, so that its figures are those of "
            f"{folds} other trainings"
        )
        way = (
            "Name files for train, dev and test in the task file, or a column that says which row "
            "is which (`split: NAME`), and run that; `polytask predict` answers new rows meanwhile"
        )
    elif any(result.report.tasks[name].windowed for name in facts["tasks"]):
        problem = "some token lists are so long that they are read in windows"
    if problem:
        raise ConfigError(
            f"No program is written yet for {facts['recipe']} of {', '.join(facts['tasks'])}: "
            f"{problem}. {way}"
        )


def _counts(taskset: TaskSet, names: list[str]) -> dict[str, tuple[int, int]]:
    train = taskset.fold(names).train
    return {
        name: (
            sum(target is not None for target in rows.targets[name]),
            len(rows),
        )
        for name in names
        for rows in (train[taskset[name].table],)
    }


def _encoder(folder: RunFolder, handle: str) -> dict[str, Any]:
    """Encoder, weights and number format of a part; nothing where it is linear."""
    path = folder.parts / handle / "part" / "part.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    if "encoder" not in content:
        return {}
    from polytask.learning.encoders import ENCODERS

    source = content["encoder"]["source"]
    if not source:
        raise ConfigError(
            f"{path} does not say which weights training began from: a run with --encoder and a "
            "folder or name of weights does"
        )
    recipe: Any = build(content["recipe"])
    encoder = ENCODERS.load(content["encoder"]["kind"]).load(source)
    if getattr(recipe, "image_size", None):
        encoder.resize(recipe.image_size)
    return {"encoder": encoder, "weights": str(source), "dtype": content["dtype"]}


def _measured(task: TaskReport) -> Measured:
    from polytask.deployment.script.subject import Measured

    nan = float("nan")
    value, low, high = (nan if v is None else v for v in (task.value, task.low, task.high))
    return Measured(task.metric, value, low, high, task.n_test)


def _stem(subject: Subject) -> str:
    from polytask.deployment.script.wording import identifier

    return "_".join(identifier(task.name) for task in subject.tasks)[:60]
