"""A run: from labelled files to one measured model."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytask._errors import DataError, RunError, command
from polytask.planning.checks import read as read_plan
from polytask.workflow import finishing
from polytask.workflow.creating import create
from polytask.workflow.drafting import assistant
from polytask.workflow.events import EventLog, call_text, ignore
from polytask.workflow.folder import RunFolder, saving, write_json
from polytask.workflow.keys import versions
from polytask.workflow.moving import settle
from polytask.workflow.programming import asking_share
from polytask.workflow.prompting import share as prompting_share
from polytask.workflow.remembering import remember
from polytask.workflow.result import Result
from polytask.workflow.resuming import (
    budget_of,
    check_options,
    check_planned,
    is_finished,
    renew,
    sources,
)
from polytask.workflow.settings import Options, Settings
from polytask.workflow.speeds import advice, testing_seconds
from polytask.workflow.weighing import weighing_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Literal, Unpack

    from polytask.planning.budget import Budget, Clock
    from polytask.planning.interpreter import Outcome
    from polytask.planning.journal import Journal
    from polytask.tasks.task import TaskSet
    from polytask.workflow.events import Event, Listener
    from polytask.workflow.host import HostOperations
    from polytask.workflow.pool import Pool


def run(
    source: Any,
    *,
    budget: str | float | None = None,
    out: str | Path | None = None,
    listener: Listener = ignore,
    **options: Unpack[Options],
) -> Result:
    """Plan, train, compare and report: labelled data in, one measured model out.

    Args:
        source: Files, a folder, a `tasks.yaml`, a plan `.py`, data frames or lists of dicts; or a
            run folder, which is resumed (then options are those of its start; the budget may be
            larger: what did not fit is tried again).
        budget: Time from here to the written report: "90s", "5m", "1h30m" or seconds; default 5m.
            Of a run that is resumed, the time of all its sessions.
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
        check_options(RunFolder(Path(source)), out, options)
        return resume(Path(source), budget=budget, listener=listener)
    folder = create(source, "5m" if budget is None else budget, out, Settings.of(options))
    return _execute(folder, None, listener, since)


def resume(
    path: str | Path, *, budget: str | float | None = None, listener: Listener = ignore
) -> Result:
    """Go on with the run in `path`; a finished one is read, unless something has changed since.

    Its plan may have been edited, its model or report lost, or the budget is larger now.

    Raises:
        UserError: The budget is smaller than before, or the data have changed.
        RunError: Training failed altogether.
    """
    since = time.monotonic()
    folder = RunFolder(Path(path))
    run_json = folder.settings()
    longer = budget_of(run_json, budget) > run_json["budget_seconds"]
    if not longer and is_finished(folder, run_json):
        return Result.load(path)
    return _execute(folder, budget, listener, since)


def _execute(
    folder: RunFolder, budget: str | float | None, listener: Listener, since: float
) -> Result:
    from polytask.planning.journal import Journal

    check_planned(folder)
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
            run_json = renew(folder, journal, run_json, budget_of(run_json, budget))
            with _noted(folder, run_json):
                result = _carry_out(folder, journal, run_json, emit)
    emit({"event": "done"})
    return result


@contextmanager
def _noted(folder: RunFolder, run_json: Mapping[str, Any]) -> Iterator[None]:
    """Write down how the run ended, and by which plan and task file."""
    made_by = sources(folder)  # a plan may be edited while it runs
    try:
        yield
    except RunError:
        with saving(folder.path):
            write_json(folder.marker, {**run_json, "state": "failed"})
        raise
    with saving(folder.path):
        write_json(folder.marker, {**run_json, "state": "finished", **made_by})


@contextmanager
def _resumable(folder: RunFolder) -> Iterator[None]:
    """Let an interruption say how to go on."""
    try:
        yield
    except KeyboardInterrupt as stop:
        stop.add_note(f"What was finished is kept: {command('run', folder.path)} goes on")
        raise


def _carry_out(
    folder: RunFolder, journal: Journal, run_json: dict[str, Any], emit: EventLog
) -> Result:
    from polytask.planning.budget import Clock
    from polytask.tasks import load, profile
    from polytask.workflow.host import HostOperations
    from polytask.workflow.keys import table_digest, task_digest

    settings = run_json["settings"]
    taskset = load(folder.task_file, seed=int(settings["seed"]))
    names = [*taskset, *taskset.helpers]
    digests = {name: table_digest(table, names) for name, table in taskset.tables.items()}
    _same(journal, "data", digests)
    _same(journal, "tasks", {name: task_digest(taskset, name) for name in names})
    clock = Clock(_budget(taskset, run_json), lambda: journal.used)

    def wait() -> None:
        journal.tick()
        emit({"event": "wait", "seconds_left": clock.left()})

    pool = _pool(folder, settings, emit, wait)
    try:
        pool.workers[0].start()
        for event in _opening(taskset, clock, folder, settings):
            emit(event)
        operations = HostOperations(
            folder=folder,
            source=run_json["tasks_named"],
            taskset=taskset,
            profile_=profile(taskset),
            worker=pool.workers[0],
            pool=pool,
            clock=clock,
            emit=emit,
            seed=int(settings["seed"]),
            assistant=assistant(folder, settings),
        )
        outcome, lines = _interpret(folder, operations, journal, emit)
        pool.rest()
        finishing.finish(folder, journal, operations, outcome, lines, run_json)
        remember(folder, journal, operations, run_json)
    finally:
        pool.stop()
    return Result.load(folder.path)  # as any later reader sees it


def _pool(
    folder: RunFolder, settings: Mapping[str, Any], emit: EventLog, wait: Callable[[], None]
) -> Pool:
    """The workers of the run; none of them has started."""
    from polytask.workflow.pool import Pool
    from polytask.workflow.remote import Worker

    own = {**settings, "folder": str(folder.path.resolve())}
    log = folder.path / "worker.log"
    count = int(settings.get("workers", 1))  # runs from before there were several lack it
    return Pool([Worker(own, log, emit, wait) for _ in range(count)], emit)


def _budget(taskset: TaskSet, run_json: Mapping[str, Any]) -> Budget:
    from polytask.planning.budget import Budget

    seconds = float(run_json["budget_seconds"])
    share = seconds * (prompting_share(run_json["settings"]) + asking_share(taskset))
    weighing = weighing_seconds(run_json["settings"], len(taskset), seconds)
    return Budget(seconds, reserve(taskset, seconds) + share + weighing)


def reserve(taskset: TaskSet, seconds: float) -> float:
    """Seconds set aside for the final evaluation: test rows through the model and the controls."""
    return min(8.0 + 0.02 * seconds + testing_seconds(taskset), seconds / 3)


def _interpret(
    folder: RunFolder,
    operations: HostOperations,
    journal: Journal,
    emit: EventLog,
) -> tuple[Outcome, list[int]]:
    """Run the plan; how it ended, and the plan's line of every operation, in order."""
    from polytask.planning.interpreter import Limits
    from polytask.planning.interpreter import run as interpret
    from polytask.workflow.checking import VOCABULARY

    lines: list[int] = []

    def on_call(line: int, operation: str, arguments: Mapping[str, Any], replayed: bool) -> None:
        if operation == "say":
            return
        lines.append(line)
        text = call_text(operation, arguments)
        emit({"event": "call", "line": line, "text": text, "replayed": replayed})

    # A plan that computes for ever must not take the time of the report.
    turn = min(20.0, max(4.0, operations.clock.budget.set_aside / 2))
    outcome = interpret(
        folder.plan,
        operations,
        journal,
        vocabulary=VOCABULARY,
        limits=Limits(turn_seconds=turn),
        on_call=on_call,
    )
    return outcome, lines


def _opening(
    taskset: TaskSet, clock: Clock, folder: RunFolder, settings: Mapping[str, Any]
) -> Iterator[Event]:
    """What there is to tell before the plan begins."""
    from polytask.workflow.pool import crowding

    kinds = ", ".join(f"{name} ({taskset[name].kind})" for name in taskset)
    count = f"{len(taskset)} task{'s' if len(taskset) > 1 else ''}"
    text = f"{count}: {kinds}\nbudget {clock.budget}, run folder {folder.path}"
    yield {"event": "start", "text": text, "seconds_left": clock.left()}
    hint = advice(taskset, Settings.of(settings))
    if hint:
        yield {"event": "say", "text": hint}
    yield from crowding(int(settings.get("workers", 1)), int(settings["threads"]))


def _same(journal: Journal, what: Literal["data", "tasks"], found: dict[str, str]) -> None:
    noted = journal.facts.get(what)
    if noted is None:
        journal.note(what, dict(found))
        return
    before = noted if isinstance(noted, dict) else {}
    changed = sorted(name for name in {*found, *before} if before.get(name) != found.get(name))
    if changed:
        raise DataError(
            f"The {what} of this run have changed since it began ({', '.join(changed)}), and what "
            "it has trained is of those before: put the files back, or start a new run with "
            "another --out"
        )
