"""Going on with a run: what may change between its sessions, and which answers still hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytask._errors import ConfigError, DataError, command
from polytask.planning.checks import read as read_plan
from polytask.workflow.children import is_lost
from polytask.workflow.creating import kept
from polytask.workflow.folder import PROGRAMS, STEPS, saving, write_json
from polytask.workflow.keys import digest
from polytask.workflow.settings import Settings
from polytask.workflow.trainings import trained

if TYPE_CHECKING:
    from collections.abc import Mapping

    from polytask.planning.journal import Call, Journal
    from polytask.workflow.folder import RunFolder

_NEW = "leave it out, or start a new run with another --out"


def check_options(folder: RunFolder, out: str | Path | None, options: Mapping[str, Any]) -> None:
    """Refuse options that are not those the run began with.

    Args:
        folder: The run folder.
        out: Where the user wants the run, if said.
        options: What the user said, as in `Settings`.

    Raises:
        ConfigError: With the value that stays, and the way out.
    """
    if out is not None and Path(out).resolve() != folder.path.resolve():
        raise ConfigError(
            f"A run goes on in its own folder, {folder.path}; found `out` {str(out)!r}: "
            "leave it out, or name the data in place of the run folder for a new run"
        )
    began = {**Settings().plain(), **folder.settings()["settings"]}  # newer options lack there
    given = kept(Settings.of({**began, **options}))
    usual = Settings()  # what is not written down
    for name in options:
        before, now = (found.get(name, getattr(usual, name)) for found in (began, given))
        if now != before:
            raise ConfigError(
                f"`{name}` stays what it was when the run in {folder.path} began, "
                f"{before!r}; found {now!r}: {_NEW}"
            )


def budget_of(run_json: Mapping[str, Any], budget: str | float | None) -> float:
    """Seconds of the whole run, all its sessions together: as before, or more if the user says so.

    Raises:
        ConfigError: Less than before, or no length of time.
    """
    from polytask.planning.budget import parse, show

    before = float(run_json["budget_seconds"])
    seconds = before if budget is None else parse(budget).seconds
    if seconds < before:
        raise ConfigError(
            f"The budget of a run may only grow; it is {show(before)}, all sessions together, "
            f"found {show(seconds)}: {_NEW}"
        )
    return seconds


def check_planned(folder: RunFolder) -> None:
    """Refuse to train anew a model that has grown: its plan knows nothing of what was added.

    Raises:
        ConfigError: With the way to train all tasks together.
    """
    grown = folder.settings().get("grown_from")
    if grown:
        raise ConfigError(
            f"The model in {folder.path} was not trained as a whole: `polytask add` or `polytask "
            f"update` made it from {grown}, and its plan would lose what it learned since. To "
            f"train all of its tasks anew: {command('run', folder.task_file, '--out', 'DIR')}"
        )


def is_finished(folder: RunFolder, run_json: Mapping[str, Any]) -> bool:
    """Whether report and model are there, and plan and task file still those they were made by."""
    if run_json.get("state") != "finished" or not folder.model.is_dir():
        return False
    if not _has_report(folder):
        return False
    made_by = sources(folder)
    return all(run_json.get(name) in (None, found) for name, found in made_by.items())


def sources(folder: RunFolder) -> dict[str, str]:
    """Digests of the plan, the task file, its programs and steps, as far as they are there."""
    found = {}
    if folder.plan.is_file():
        found["plan"] = digest(read_plan(folder.plan))
    if folder.task_file.is_file():
        text = folder.task_file.read_text(encoding="utf-8", errors="replace")
        found["tasks"] = digest(text)
    programs = folder.path / PROGRAMS
    if programs.is_dir():
        found["programs"] = digest([read_plan(path) for path in sorted(programs.rglob("*.py"))])
    steps = folder.path / STEPS
    if steps.is_dir():
        texts = [path.read_bytes().decode(errors="replace") for path in sorted(steps.glob("*.py"))]
        found["steps"] = digest(texts)
    return found


def renew(
    folder: RunFolder, journal: Journal, run_json: Mapping[str, Any], seconds: float
) -> dict[str, Any]:
    """Take back the answers that hold no longer, and write down that the run goes on.

    Args:
        folder: The run folder, locked.
        journal: Its journal.
        run_json: What `run.json` says.
        seconds: The budget from now on.

    Returns:
        What `run.json` says now.
    """
    longer = seconds > run_json["budget_seconds"]
    journal.forget(lambda call: is_lost(folder, call) or (longer and _is_short(call)))
    found = {**run_json, "state": "started", "budget_seconds": seconds}
    if found != run_json:
        with saving(folder.path):
            write_json(folder.marker, found)
    return found


def _has_report(folder: RunFolder) -> bool:
    from polytask.evaluation.report import read

    try:
        read(folder.report)
    except DataError:  # lost or damaged: it is written anew
        return False
    return True


def _is_short(call: Call) -> bool:
    """Whether an answer was owed to the budget: with more time it may be another."""
    if any(one.status == "no time" for one in trained(call)):
        return True
    output: Any = call.output
    unstarted = call.operation in ("try_plan", "cost") and call.state == "done"
    if unstarted and output["status"] == "no time":
        return True
    return call.state == "stopped" or call.operation == "seconds_left"
