"""A run: from labelled files to one measured model."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytask._errors import DataError
from polytask.planning.checks import read as read_plan
from polytask.workflow import finishing
from polytask.workflow.creating import create
from polytask.workflow.events import EventLog, ignore
from polytask.workflow.folder import RunFolder, saving, write_json
from polytask.workflow.keys import digest, versions
from polytask.workflow.moving import settle
from polytask.workflow.result import Result
from polytask.workflow.settings import Options, Settings
from polytask.workflow.speeds import testing_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Unpack

    from polytask.planning.budget import Budget
    from polytask.planning.interpreter import Outcome
    from polytask.planning.journal import Journal
    from polytask.tasks.task import TaskSet
    from polytask.workflow.events import Event, Listener
    from polytask.workflow.host import HostOperations


def run(
    source: Any,
    *,
    budget: str | float = "5m",
    out: str | Path | None = None,
    listener: Listener = ignore,
    **options: Unpack[Options],
) -> Result:
    """Plan, train, compare and report: labelled data in, one measured model out.

    Args:
        source: Files, a folder, a `tasks.yaml`, a plan `.py`, data frames or lists of dicts; or a
            run folder, which is resumed (then all other arguments are those of its start).
        budget: Time from here to the written report: "90s", "5m", "1h30m" or seconds.
        out: The run folder to make; default `runs/NAME-N`.
        listener: Takes events (`workflow.events`) as they happen.
        options: As in `Settings`: seed, inputs, targets, kinds, encoder, device, threads, …

    Returns:
        The result: `model`, `report`, `path`.

    Raises:
        UserError: The data, an option, the plan or the run folder must change.
        RunError: Training failed altogether.
    """
    since = time.monotonic()
    if isinstance(source, (str, Path)) and RunFolder(Path(source)).exists:
        return resume(Path(source), listener=listener)
    folder = create(source, budget, out, Settings.of(options))
    return _execute(folder, listener, since)


def resume(path: str | Path, *, listener: Listener = ignore) -> Result:
    """Go on with the run in `path`; a finished one is read, unless its plan was edited since."""
    since = time.monotonic()
    folder = RunFolder(Path(path))
    if _is_finished(folder, folder.settings()):
        return Result.load(path)
    return _execute(folder, listener, since)


def _is_finished(folder: RunFolder, run_json: Mapping[str, Any]) -> bool:
    if run_json.get("state") != "finished" or not folder.report.is_file():
        return False
    before = run_json.get("plan")
    return before is None or not folder.plan.is_file() or before == digest(read_plan(folder.plan))


def _execute(folder: RunFolder, listener: Listener, since: float) -> Result:
    from polytask.planning.journal import Journal

    emit = EventLog(folder.events, listener)
    with _resumable(folder), folder.locked():
        run_json = settle(folder, folder.settings())
        text = read_plan(folder.plan)
        meta = {
            "plan": text,
            "seed": run_json["settings"]["seed"],
            "settings": run_json["settings"],
            "versions": versions(),
        }
        with closing(Journal.open(folder.journal, meta=meta, since=since)) as journal:
            result = _carry_out(folder, journal, run_json, emit)
        with saving(folder.path):
            write_json(folder.marker, {**run_json, "state": "finished", "plan": digest(text)})
    emit({"event": "done"})
    return result


@contextmanager
def _resumable(folder: RunFolder) -> Iterator[None]:
    """Let an interruption say how to go on."""
    try:
        yield
    except KeyboardInterrupt as stop:
        stop.add_note(f"What was finished is kept: `polytask run {folder.path}` goes on")
        raise


def _carry_out(
    folder: RunFolder, journal: Journal, run_json: dict[str, Any], emit: EventLog
) -> Result:
    from polytask.planning.budget import Budget, Clock
    from polytask.tasks import load, profile
    from polytask.workflow.host import HostOperations
    from polytask.workflow.keys import table_digest
    from polytask.workflow.remote import Worker

    settings = run_json["settings"]
    taskset = load(folder.task_file, seed=int(settings["seed"]))
    digests = {name: table_digest(table, list(taskset)) for name, table in taskset.tables.items()}
    _same_data(journal, digests)
    budget = Budget(run_json["budget_seconds"], reserve(taskset, run_json["budget_seconds"]))
    clock = Clock(budget, lambda: journal.used)

    def wait() -> None:
        journal.tick()
        emit({"event": "wait", "seconds_left": clock.left()})

    worker = Worker(
        {**settings, "folder": str(folder.path.resolve())}, folder.path / "worker.log", emit, wait
    )
    try:
        worker.start()
        emit(_opening(taskset, budget, clock, folder))
        operations = HostOperations(
            folder, run_json["tasks_named"], taskset, profile(taskset), worker, clock, emit
        )
        lines: list[int] = []
        outcome = _interpret(folder, operations, journal, emit, lines)
        emit({"event": "phase", "text": "opening the test split, once, for the final evaluation"})
        finishing.finish(folder, journal, operations, outcome, lines, run_json)
    finally:
        worker.stop()
    return Result.load(folder.path)  # as any later reader sees it


def reserve(taskset: TaskSet, seconds: float) -> float:
    """Seconds set aside for the final evaluation: test rows through the model and the controls."""
    return min(8.0 + 0.02 * seconds + testing_seconds(taskset), seconds / 3)


def _interpret(
    folder: RunFolder,
    operations: HostOperations,
    journal: Journal,
    emit: EventLog,
    lines: list[int],
) -> Outcome:
    """Run the plan; `lines` takes the plan's line of every operation, in order."""
    from polytask.planning.interpreter import Limits
    from polytask.planning.interpreter import run as interpret
    from polytask.workflow.checking import VOCABULARY

    def on_call(line: int, operation: str, arguments: Mapping[str, Any], replayed: bool) -> None:
        if operation == "say":
            return
        lines.append(line)
        shown = ", ".join(str(value) for value in arguments.values())
        emit({"event": "call", "line": line, "text": f"{operation}({shown})", "replayed": replayed})

    # A plan that computes for ever must not take the time of the report.
    turn = min(20.0, max(4.0, operations.clock.budget.set_aside / 2))
    return interpret(
        folder.plan,
        operations,
        journal,
        vocabulary=VOCABULARY,
        limits=Limits(turn_seconds=turn),
        on_call=on_call,
    )


def _opening(taskset: TaskSet, budget: Budget, clock: Any, folder: RunFolder) -> Event:
    kinds = ", ".join(f"{name} ({taskset[name].kind})" for name in taskset)
    text = f"{len(taskset)} tasks: {kinds}\nbudget {budget}, run folder {folder.path}"
    return {"event": "start", "text": text, "seconds_left": clock.left()}


def _same_data(journal: Journal, found: dict[str, str]) -> None:
    before = journal.facts.get("data")
    if before is None:
        journal.note("data", dict(found))
    elif before != found:
        changed = sorted(
            k for k in found if not isinstance(before, dict) or before.get(k) != found[k]
        )
        raise DataError(
            f"The data of this run has changed since it began ({', '.join(changed)}): resuming "
            "would mix two data sets. Put the files back, or start a new run with another --out"
        )
