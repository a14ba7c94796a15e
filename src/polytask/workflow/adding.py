"""A task more for a finished model."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from polytask._catalogue import nearest
from polytask._errors import ConfigError, UserError
from polytask.workflow.creating import free, shown
from polytask.workflow.events import EventLog, ignore
from polytask.workflow.folder import RunFolder
from polytask.workflow.predicting import check_run
from polytask.workflow.result import Result
from polytask.workflow.staging import conclude, staged, task_file_of, write_task_file_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Unpack

    from polytask.tasks.task import TaskSet
    from polytask.workflow.events import Listener
    from polytask.workflow.state import State


class Columns(TypedDict, total=False):
    """Which columns of labelled data are meant; as in `Settings`."""

    inputs: Sequence[str]
    targets: Sequence[str]
    kinds: Mapping[str, str]


def add(
    run: str | Path,
    source: Any,
    *,
    budget: str | float | None = None,
    out: str | Path | None = None,
    listener: Listener = ignore,
    **columns: Unpack[Columns],
) -> Result:
    """Add the tasks of labelled data to the finished model in `run`; takes seconds.

    Each gets a linear head on every encoder that the model has trained and that reads the same
    modality, frozen, and the quick models alone (`TfidfLinear`, `Probe`; for images `KernelProbe`);
    the best on dev answers it, the best of those alone is its control. Every old answer stays as it
    is, to the last bit. Seed, encoders, threads, number format and margin are those of the run.

    With a `budget` each trained part is also trained again together with what is added, if the
    old data are still there. It takes over only where it is better for some task and, for every old
    one, *better* or *no worse* than the model in use, by the certificate on dev rows.

    Args:
        run: A finished run folder; it is only read.
        source: Labelled data, as for `run`.
        budget: Time from here to the report, for the joint refit: "5m" or seconds; default none.
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
    from polytask.workflow.asking import check_losses
    from polytask.workflow.growing import Growth, learn, seconds
    from polytask.workflow.measuring import measure

    began, allowed = time.monotonic(), seconds(budget)
    _check_columns(columns)
    check_run(run)
    old, new = Result.load(run), RunFolder(Path(out) if out is not None else free(run))
    run_json = RunFolder(old.path).settings()
    with staged(new) as made:
        taskset = load(source, seed=int(run_json["settings"]["seed"]), keep=made.data, **columns)
        _check_names(taskset, old, source)
        check_losses(taskset)
        emit = EventLog(made.events, listener)
        _begin(made, source, taskset, emit)
        reasons = {name: taskset[name].reason for name in taskset}
        run_json = {**run_json, "reasons": {**run_json.get("reasons", {}), **reasons}}
        state, problem = _state(made, run_json, taskset, old, emit)
        growth = Growth(state, old, said=[f"{', '.join(taskset)} added from {shown(source)}"])
        if problem:
            growth.say(f"The old data cannot be used, so nothing is refitted with them: {problem}")
        joint = budget is not None and not problem
        learn(growth, list(taskset), began + allowed if joint else None)
        report = measure(growth, _command(run, source, columns, budget), time.monotonic() - began)
        conclude(made, new, RunFolder(old.path), run_json, report)
    return Result.load(new.path)


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
                f"needs a name of its own; {shown(source)} gives {', '.join(taskset)}. More rows "
                "for an old task: `polytask update`. For a new one choose others with --target, "
                "or write a tasks.yaml with `polytask init`, name the task anew there, and add that"
            )


def _begin(made: RunFolder, source: Any, taskset: TaskSet, emit: Listener) -> None:
    """Keep new data that are in memory, and say what is to be added."""
    from polytask.tasks.memory_files import in_memory, save

    if in_memory(source):
        save(source, taskset, made.data)
    tasks = ", ".join(f"{name} ({taskset[name].kind})" for name in taskset)
    emit({"event": "start", "text": f"to add: {tasks}"})


def _state(
    made: RunFolder, run_json: Mapping[str, Any], taskset: TaskSet, old: Result, emit: Listener
) -> tuple[State, str]:
    """The state with old and new tasks, and "", or with the new alone, and why.

    Together, rows with equal inputs fall into the same split, also where one is an old one.
    """
    from polytask.tasks import load, write_task_file
    from polytask.tasks.task_file_yaml import read_yaml
    from polytask.workflow.programming import kept_programs, kept_steps
    from polytask.workflow.state import State, with_reasons

    content = task_file_of(RunFolder(old.path), made)  # with its programs and steps
    write_task_file(kept_steps(kept_programs(taskset, made), made), made.task_file)
    content["tasks"] |= read_yaml(made.task_file)["tasks"]
    write_task_file_of(made, content)
    state = State(made, run_json["settings"], emit)
    try:
        joined = load(made.task_file, seed=int(state.settings["seed"]))
    except UserError as error:
        state.taskset = taskset
        return state, str(error)
    state.taskset = with_reasons(joined, run_json["reasons"])
    return state, ""


def _command(run: str | Path, source: Any, columns: Columns, budget: str | float | None) -> str:
    """The command that adds the same again."""
    words = [word for name in columns.get("inputs", ()) for word in ("--input", name)]
    words += [word for name in columns.get("targets", ()) for word in ("--target", name)]
    kinds = columns.get("kinds", {})
    words += [word for name, kind in kinds.items() for word in ("--kind", f"{name}={kind}")]
    words += [] if budget is None else ["--budget", str(budget)]
    begin = f"polytask add {shlex.quote(str(run))} {shown(source)}"
    return f"{begin} {shlex.join(words)}".strip()
