"""More rows for tasks that a finished model has."""

from __future__ import annotations

import os
import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytask._catalogue import nearest
from polytask._errors import ConfigError, DataError
from polytask.tasks import read_task_file
from polytask.tasks.loading_sources import frame_of
from polytask.tasks.memory_files import in_memory
from polytask.workflow.creating import free, shown
from polytask.workflow.evaluating import read_rows
from polytask.workflow.events import EventLog, ignore
from polytask.workflow.folder import RunFolder
from polytask.workflow.following import programs_of
from polytask.workflow.predicting import check_run
from polytask.workflow.result import Result
from polytask.workflow.staging import conclude, staged, task_file_of, write_task_file_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.tasks.entry import Entry
    from polytask.tasks.files_raw import Raw
    from polytask.tasks.task import TaskSet
    from polytask.workflow.events import Listener


def update(
    run: str | Path,
    rows: Any,
    *,
    tasks: Sequence[str] = (),
    budget: str | float | None = None,
    out: str | Path | None = None,
    listener: Listener = ignore,
) -> Result:
    """Teach the finished model in `run` more rows of tasks that it has; keep what is not worse.

    Old dev and test rows stay what they are: the new rows are learned from alone, without those
    that stand in dev or test already. A head on each trained encoder and the quick models are
    fitted on old and new rows; the best on dev takes over where the certificate on dev rows calls
    it *better* or *no worse* than the model in use. With a `budget` the part that answers the task
    is also trained again, with all of its tasks, and takes over only where it is so for each.
    What does not take over leaves the old answers to the last bit; the report says what was decided
    and holds what took over against the model before, on the same test rows. A program follows the
    tasks that it calls and is measured anew; a task by which it would lose stays as it was.

    Args:
        run: A finished run folder; it is only read.
        rows: Labelled rows with the input and target columns of the tasks: a file, a data frame or
            a list of dicts.
        tasks: Names of tasks; empty means all whose columns `rows` has, if these are of one table.
        budget: Time from here to the report, for the joint refit: "5m" or seconds; default none.
        out: The run folder to make; default `runs/NAME-N`.
        listener: Takes events (`workflow.events`) as they happen.

    Returns:
        The run with the model that is now the best: `model`, `report`, `path`.

    Raises:
        UserError: The run is not finished, its data have changed, or the rows fit no task.
    """
    from polytask.tasks import load
    from polytask.workflow.growing import Growth, learn, seconds
    from polytask.workflow.measuring import measure
    from polytask.workflow.state import State, with_reasons

    began, allowed = time.monotonic(), seconds(budget)
    check_run(run)
    old, new = Result.load(run), RunFolder(Path(out) if out is not None else free(run))
    run_json = RunFolder(old.path).settings()
    raw = read_rows(rows)
    entries = {entry.name: entry for entry in read_task_file(RunFolder(old.path).task_file)}
    wanted = _wanted(old, entries, raw, tasks)
    with staged(new) as made:
        emit = EventLog(made.events, listener)
        emit({"event": "start", "text": f"more rows for {', '.join(wanted)}"})
        before = task_file_of(RunFolder(old.path), made)
        tasks_now = _with_more(before["tasks"], entries, wanted, _kept(rows, made))
        write_task_file_of(made, {**before, "tasks": tasks_now})
        state = State(made, run_json["settings"], emit)
        taskset = load(made.task_file, seed=int(run_json["settings"]["seed"]))
        state.taskset = with_reasons(taskset, run_json.get("reasons", {}))
        growth = Growth(state, old, said=_learned(state.taskset, old, wanted, raw))
        learn(growth, wanted, None if budget is None else began + allowed)
        if not growth.served:  # the model in use has not learned from these rows
            write_task_file_of(made, before)
        command = _command(run, rows, tasks, budget)
        report = measure(growth, command, time.monotonic() - began)
        conclude(made, new, RunFolder(old.path), run_json, report)
    return Result.load(new.path)


def _wanted(old: Result, entries: Mapping[str, Entry], raw: Raw, named: Sequence[str]) -> list[str]:
    """The tasks that the rows are of.

    Raises:
        ConfigError: An unknown task, columns that are missing, or rows that fit several tables.
    """
    known = old.report.tasks
    for name in named:
        if name not in known:
            raise ConfigError(
                f"The model in {old.path} has no task {name!r}: {nearest(name, known)}"
            )
    trained = _trained(old, named)
    made = {c.name for name in trained for c in old.model.tasks[name].inputs if c.code}
    doubled = sorted(made & set(raw.frame.columns))
    if doubled:
        raise ConfigError(
            f"{raw.source} has the column {', '.join(doubled)}, which "
            "the step `feature` of the task makes of the others: leave the column out"
        )
    tasks, here = old.model.tasks, raw.frame.columns
    fitting = [n for n in trained if not tasks[n].lacking(here) and entries[n].target in here]
    if not fitting or (named and len(fitting) < len(trained)):
        needed = {n: [*(c.name for c in tasks[n].brought), entries[n].target] for n in trained}
        wanted = "; ".join(f"{name}: {', '.join(columns)}" for name, columns in needed.items())
        raise ConfigError(
            f"{raw.source} lacks columns of the tasks in {old.path}. Its columns: "
            f"{', '.join(here)}; wanted: {wanted}. For a new task: `polytask add`"
        )
    if not named and len({_table(entries[name]) for name in fitting}) > 1:
        raise ConfigError(
            f"{raw.source} fits several tasks that stand on other data ({', '.join(fitting)}): say "
            "with --task which its rows are of (in Python `tasks=[…]`)"
        )
    return fitting


def _trained(old: Result, named: Sequence[str]) -> list[str]:
    """Of the named tasks, or of all, those that learn from rows.

    Raises:
        ConfigError: A program answers a named one.
    """
    programs = programs_of(old.model)
    for name in named:
        if name in programs:
            calls = ", ".join(programs[name].program.calls) or "no task"
            raise ConfigError(
                f"Task {name!r} is answered by a program, which learns nothing from rows; it "
                f"calls {calls}: update what it calls, and it follows"
            )
    return [name for name in named or old.report.tasks if name not in programs]


def _table(entry: Entry) -> tuple[object, ...]:
    """What tasks of one table have in common."""
    data = tuple((split, *files) for split, files in entry.data.items())
    return data, entry.more, entry.inputs, entry.folds, entry.split, entry.group


def _kept(rows: Any, made: RunFolder) -> str:
    """The path of the rows, which are written into `made` where they are in memory."""
    if not in_memory(rows):
        return os.path.relpath(Path(rows).resolve(), made.path.resolve())
    made.data.mkdir()
    frame_of(rows, "rows").write_parquet(made.data / "more.parquet")
    return f"{made.data.name}/more.parquet"


def _with_more(
    tasks: Mapping[str, Any], entries: Mapping[str, Entry], wanted: Sequence[str], path: str
) -> dict[str, Any]:
    """The tasks, with the file at `path` for all that share a table with the `wanted` ones."""
    tables = {_table(entries[name]) for name in wanted}
    return {
        name: {**task, "more": [*_listed(task.get("more", [])), path]}
        if _table(entries[name]) in tables
        else task
        for name, task in tasks.items()
    }


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _learned(taskset: TaskSet, old: Result, wanted: Sequence[str], raw: Raw) -> list[str]:
    """A line a task on how many of the rows are learned from.

    Raises:
        DataError: None are, or labels are read otherwise than before.
    """
    said = []
    for name in wanted:
        task, known = taskset[name], old.report.tasks[name]
        lost = set(old.model.tasks[name].labels) - set(task.labels)
        if lost:
            raise DataError(
                f"With {raw.source} the labels of {name!r} are no longer read as before: "
                f"{', '.join(sorted(lost)[:5])} are gone. Write its labels as the old rows do"
            )
        table = taskset.tables[task.table]
        train = (table.final == "train") & table.frame[name].is_not_null().to_numpy()
        count = int(train.sum()) - known.n_train
        if count <= 0:
            raise DataError(
                f"{raw.source} has no row to learn {name!r} from: each lacks a usable label or "
                f"input, or stands among the rows that judge {old.path} already"
            )
        left = len(raw.frame) - count
        why = f"; {left:,} have no usable label or input, or stand in dev or test already"
        said.append(f"{name}: {count:,} more rows to learn from{why if left else ''}")
    return said


def _command(run: str | Path, rows: Any, tasks: Sequence[str], budget: str | float | None) -> str:
    """The command that does the same again."""
    words = [word for name in tasks for word in ("--task", name)]
    words += [] if budget is None else ["--budget", str(budget)]
    return f"polytask update {shlex.quote(str(run))} {shown(rows)} {shlex.join(words)}".strip()
