"""A task more for a finished model: every old answer stays as it is, to the last bit."""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from polytask._catalogue import nearest
from polytask._durable import publish
from polytask._errors import ConfigError, OutputError
from polytask.workflow.creating import free, shown
from polytask.workflow.events import EventLog, ignore
from polytask.workflow.folder import FORMAT, RunFolder, saving, write_json, write_text
from polytask.workflow.moving import rebased
from polytask.workflow.predicting import check_run
from polytask.workflow.result import Result
from polytask.workflow.resuming import sources

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Unpack

    from polytask.evaluation.report import Report
    from polytask.tasks.task import TaskSet
    from polytask.workflow.events import Listener
    from polytask.workflow.state import State


class Columns(TypedDict, total=False):
    """Which columns of labelled data are meant; as in `Settings`."""

    inputs: Sequence[str]
    targets: Sequence[str]
    kinds: Mapping[str, str]


_AGAIN = "then give the same command again"


def add(
    run: str | Path,
    source: Any,
    *,
    out: str | Path | None = None,
    listener: Listener = ignore,
    **columns: Unpack[Columns],
) -> Result:
    """Add the tasks of labelled data to the finished model in `run`; takes seconds.

    Each gets a linear head on the frozen encoder of every neural part that reads the same
    modality, and the quick models alone (`TfidfLinear`, `Probe`; for images `KernelProbe`); the
    best on dev answers it, the best of those alone is its control. The rest of the model is copied
    byte for byte. Seed, encoders, threads, number format and margin are those of the run.

    Args:
        run: A finished run folder; it is only read.
        source: Labelled data, as for `run`.
        out: The run folder to make; default `runs/NAME-N`.
        listener: Takes events (`workflow.events`) as they happen.
        columns: `inputs`, `targets` (each a task) and `kinds`, as for `run`; recognised if absent.

    Returns:
        The grown run: `model`, `report` (of old and new tasks), `path`.

    Raises:
        UserError: The run is not finished, a name is taken, or data or folder must change.
        RunError: Nothing could be trained for a task.
    """
    from polytask.tasks import load

    began = time.monotonic()
    _check_columns(columns)
    check_run(run)
    old, new = Result.load(run), RunFolder(Path(out) if out is not None else free(run))
    new.check_free()
    run_json = RunFolder(old.path).settings()
    with _staged(new) as staged:
        seed = int(run_json["settings"]["seed"])
        taskset = load(source, seed=seed, keep=staged.data, **columns)
        _check_names(taskset, old, source)
        with saving(new.path, _AGAIN):
            _begin(staged, source, taskset)
            state = _state(staged, run_json, EventLog(staged.events, listener))
            report = _grow(state, old)
            line = f"{', '.join(taskset)} added to {run} from {shown(source)}"
            report = _told(report, line, _command(run, source, columns))
            report = _timed(report, old.report, time.monotonic() - began)
            _end(staged, new, old, run_json, report)
    return Result.load(new.path)


@contextmanager
def _staged(new: RunFolder) -> Iterator[RunFolder]:
    """A folder beside `new` that becomes it when all is written, and is gone when not."""
    final = new.path.resolve()
    staged = RunFolder(final.with_name(f"{final.name}.{os.getpid()}.tmp"))
    try:
        yield staged
        with saving(new.path, _AGAIN):
            _publish(staged, new, final)
    finally:
        shutil.rmtree(staged.path, ignore_errors=True)


def _publish(staged: RunFolder, new: RunFolder, final: Path) -> None:
    try:
        publish(staged.path, final)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise
        raise OutputError(
            f"{new.path} is no longer free, something was written there meanwhile; it was not "
            "touched: choose another --out"
        ) from error


def _check_columns(columns: Mapping[str, Any]) -> None:
    known = list(Columns.__annotations__)
    for name in columns:
        if name not in known:
            raise ConfigError(f"Unknown option {name!r}: {nearest(name, known)}")


def _check_names(taskset: TaskSet, old: Result, source: Any) -> None:
    for name in taskset:
        if name in old.report.tasks:
            raise ConfigError(
                f"The model in {old.path} has a task {name!r} already, and a task that is added "
                f"needs a name of its own; {shown(source)} gives {', '.join(taskset)}: choose "
                "others with --target, or write a tasks.yaml with `polytask init`, name the task "
                "anew there, and add that"
            )


def _begin(staged: RunFolder, source: Any, taskset: TaskSet) -> None:
    """Make the folder, with the new data if they are in memory and the new tasks' file."""
    from polytask.tasks import write_task_file
    from polytask.tasks.memory_files import in_memory, save

    staged.parts.mkdir(parents=True)
    if in_memory(source):
        save(source, taskset, staged.data)
    write_task_file(taskset, staged.task_file)


def _state(staged: RunFolder, run_json: Mapping[str, Any], emit: EventLog) -> State:
    """What operations need to know: the settings of the run, the new tasks alone."""
    from polytask.workflow.state import State

    state = State(staged, run_json["settings"], emit)
    tasks = ", ".join(f"{name} ({state.taskset[name].kind})" for name in state.taskset)
    emit({"event": "start", "text": f"to add: {tasks}"})
    return state


def _grow(state: State, old: Result) -> Report:
    """Try, choose, write the grown model, measure; gives the report of old and new tasks."""
    from polytask.learning.growing import grow, host
    from polytask.learning.model import Model
    from polytask.workflow import measuring, scoring
    from polytask.workflow.trying import try_out

    model = Model.load(RunFolder(old.path).model)
    shutil.copytree(RunFolder(old.path).model, state.folder.model)
    tried, grown = {}, model
    for task in state.taskset:
        found = tried[task] = try_out(state, model, task)
        served, name = found.served.part, found.served.handle
        decisions = scoring.judged(state.taskset, task, "dev", found.served.on_dev).decisions()
        into = host(grown, served)
        grow(state.folder.model, served, decisions, name=name, into=into)
        if not into:  # the next may stand on the same encoder, which is then saved once
            grown = replace(grown, parts={**grown.parts, name: served})
    state.emit({"event": "phase", "text": "opening the test split of what was added, once"})
    return measuring.measure(state, old, model, tried)


def _told(report: Report, line: str, command: str) -> Report:
    return replace(report, said=(*report.said, line), command=command)


def _command(run: str | Path, source: Any, columns: Columns) -> str:
    """The command that adds the same again."""
    words = [word for name in columns.get("inputs", ()) for word in ("--input", name)]
    words += [word for name in columns.get("targets", ()) for word in ("--target", name)]
    kinds = columns.get("kinds", {})
    words += [word for name, kind in kinds.items() for word in ("--kind", f"{name}={kind}")]
    begin = f"polytask add {shlex.quote(str(run))} {shown(source)}"
    return f"{begin} {shlex.join(words)}".strip()


def _timed(report: Report, old: Report, seconds: float) -> Report:
    """The report with its times; how fast the whole answers is not known without the old rows."""
    from polytask.evaluation.report import with_sentences

    total = (old.timing.total or 0.0) + round(seconds, 3)
    return with_sentences(replace(report, timing=replace(report.timing, total=total, latency=None)))


def _end(
    staged: RunFolder, new: RunFolder, old: Result, run_json: Mapping[str, Any], report: Report
) -> None:
    """Write the report, join the task files, and mark the folder as a run."""
    from polytask.evaluation.rendering import html
    from polytask.evaluation.report import write

    before = RunFolder(old.path)
    write(report, staged.report)
    write_text(staged.html, html(report))
    _join_task_files(before, staged)
    if before.plan.is_file():
        shutil.copy(before.plan, staged.plan)
    facts = {
        "format": FORMAT,
        "state": "finished",
        "place": str(new.path.resolve()),
        "grown_from": str(old.path.resolve()),
        **sources(staged),
    }
    write_json(staged.marker, {**run_json, **facts})


def _join_task_files(before: RunFolder, staged: RunFolder) -> None:
    """Put the old tasks before the new ones; paths are relative to the new folder."""
    import yaml

    from polytask.tasks.task_file_yaml import read_yaml

    root, here = before.path.resolve(), staged.path.resolve()
    tasks = read_yaml(before.task_file)["tasks"]
    for task in tasks.values():
        task["data"] = rebased(task["data"], root, here)
    tasks |= read_yaml(staged.task_file)["tasks"]
    text = yaml.safe_dump({"tasks": tasks}, allow_unicode=True, sort_keys=False)
    write_text(staged.task_file, f"# Paths are relative to this file.\n{text}")
