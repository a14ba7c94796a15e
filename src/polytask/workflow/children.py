"""Child plans: plans that a plan runs under a share of its budget.

A child has a journal of its own in the run folder, below a name made of its text and its share, so
that a run that is killed within a child goes on within it. It works on the tasks, parts and worker
of its parent; only its clock is its own.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from polytask._errors import PlanError
from polytask.planning.budget import Budget, Clock
from polytask.planning.checks import check_text
from polytask.planning.journal import Journal
from polytask.workflow.checking import VOCABULARY
from polytask.workflow.choosing import choose
from polytask.workflow.events import call_text
from polytask.workflow.folder import saving, write_text
from polytask.workflow.keys import digest
from polytask.workflow.lineage import part_facts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from polytask.planning.interpreter import Outcome
    from polytask.planning.journal import Call, Json
    from polytask.planning.operations import Attempted
    from polytask.workflow.folder import RunFolder
    from polytask.workflow.host import HostOperations

SHORTEST = 5.0
"""Seconds below which a share is refused: nothing is trained and scored in less."""


def try_plan(host: HostOperations, text: str, seconds: float) -> Attempted:
    """Run the plan `text` for at most `seconds`; what it means is told by `Operations.try_plan`.

    Raises:
        ValueError: A share that is too small for anything.
    """
    if not seconds >= SHORTEST:
        raise ValueError(f"the share of a child plan is {SHORTEST:g} s or more; found {seconds!r}")
    nothing: Attempted = {
        "status": "no time",
        "reason": "",
        "model": "",
        "parts": {},
        "controls": {},
        "dev": {},
        "seconds": 0.0,
    }
    left = host.clock.left()
    if seconds > left:
        reason = f"its share is {seconds:.0f} s, {left:.0f} s are left"
        return {**nothing, "reason": reason}
    try:
        check_text(text, VOCABULARY, name="child plan")
    except PlanError as error:
        return {**nothing, "status": "refused", "reason": str(error)}
    place = _place(host.folder, text, seconds)
    with saving(host.folder.path):
        place.mkdir(parents=True, exist_ok=True)
        write_text(place / "plan.py", text)
    meta: dict[str, Json] = {"plan": text, "seed": host.seed}
    with closing(Journal.open(place / "journal.sqlite", meta=meta)) as journal:
        journal.forget(lambda call: is_lost(host.folder, call))
        outcome = _run(host, place / "plan.py", seconds, journal)
        found = _found(host, spread(host.folder, journal.calls()))
        return {
            **nothing,
            **found,  # type: ignore[typeddict-item]
            "status": outcome.status,
            "reason": outcome.message,
            "seconds": round(journal.used, 3),
        }


def _run(host: HostOperations, plan: Path, seconds: float, journal: Journal) -> Outcome:
    from polytask.planning.interpreter import Limits, run

    clock = Clock(Budget(seconds), lambda: journal.used)

    def tell(event: Mapping[str, Any]) -> None:
        said = event["event"] == "say"
        host.emit({**event, "text": f"child plan: {event['text']}"} if said else event)

    def on_call(line: int, operation: str, arguments: Mapping[str, Any], replayed: bool) -> None:
        journal.tick()
        if operation != "say":
            text = f"child plan: {call_text(operation, arguments)}"
            host.emit({"event": "call", "line": line, "text": text, "replayed": replayed})

    child = replace(host, clock=clock, emit=tell)
    turn = min(20.0, max(1.0, seconds / 4))  # computing for ever must not take the parent's time
    limits = Limits(turn_seconds=turn, total_seconds=seconds)
    return run(plan, child, journal, vocabulary=VOCABULARY, limits=limits, on_call=on_call)


def _found(host: HostOperations, calls: Sequence[Call]) -> dict[str, Any]:
    """What the calls of a child lead to."""
    choice = choose(calls, host.taskset)
    ends = [str(call.arguments["model"]) for call in calls if call.operation == "finish"]
    dev = {task: part_facts(host.folder, part)["dev"][task] for task, part in choice.parts.items()}
    return {
        "model": ends[-1] if ends and choice.planned else "",
        "parts": choice.parts,
        "controls": choice.controls,
        "dev": dev,
    }


def spread(folder: RunFolder, calls: Sequence[Call]) -> list[Call]:
    """The operations of a plan with those of its children, each child's before its own call.

    What a child finishes with is left out: it is for its parent to say.
    """
    return [call for call, _ in spread_lines(folder, calls, ())]


def spread_lines(
    folder: RunFolder, calls: Sequence[Call], lines: Sequence[int]
) -> list[tuple[Call, int | None]]:
    """As `spread`, each operation with its line; those of children with that of their call."""
    found: list[tuple[Call, int | None]] = []
    for number, call in enumerate(calls):
        line = lines[number] if number < len(lines) else None
        inner = spread(folder, of_call(folder, call))
        found += [(one, line) for one in inner if one.operation != "finish"]
        found.append((call, line))
    return found


def of_call(folder: RunFolder, call: Call) -> list[Call]:
    """The operations of the child that `call` ran; empty for other operations."""
    if call.operation != "try_plan":
        return []
    asked: Any = call.arguments
    path = _place(folder, asked["text"], asked["seconds"]) / "journal.sqlite"
    if not path.is_file():
        return []
    with closing(Journal.open(path, meta={})) as journal:
        return journal.calls()


def is_lost(folder: RunFolder, call: Call) -> bool:
    """Whether the part that a training gave is no longer there, in a child of `call` too."""
    from polytask.workflow.trainings import trained

    parts = [folder.parts / one.part for one in trained(call) if one.part]
    return not all(part.is_dir() for part in parts) or any(
        is_lost(folder, inner) for inner in of_call(folder, call)
    )


def _place(folder: RunFolder, text: str, seconds: float) -> Path:
    return folder.path / "children" / digest([text, float(seconds)])[:16]
