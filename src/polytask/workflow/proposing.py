"""What a plan may ask of proposers, and what they promised in a run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

from polytask.planning.budget import OutOfTime
from polytask.workflow.lineage import part_facts
from polytask.workflow.remote import WorkerStopped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from polytask.planning.journal import Call
    from polytask.planning.operations import Clue
    from polytask.workflow.host import HostOperations

MOST = 16
"""Tasks of one call: their groups of two or three are 680."""
SHARE = 0.25
"""Of the time left, what features may take: with time enough what is read hangs on no clock."""


def propose(host: HostOperations, tasks: Sequence[str], parts: Sequence[str]) -> list[Clue]:
    """What is promised of the groups of `tasks`, from the worker, since features load torch.

    Raises:
        ValueError: A mistake of the plan, told to it.
        OutOfTime: It took longer than what was left.
    """
    if not 2 <= len(tasks) <= MOST:
        raise ValueError(
            f"evidence() takes 2 to {MOST} tasks; found {len(tasks)}: ask for some of them"
        )
    for part in parts:
        part_facts(host.folder, part)  # refuses what is no handle
    left = host.clock.left()
    what: dict[str, Any] = {"tasks": list(tasks), "parts": list(parts)}
    what["seconds"] = SHARE * left
    try:
        found = host.worker.call("evidence", time.monotonic() + left, **what)
    except WorkerStopped as error:
        raise OutOfTime("looking for evidence took longer than what was left") from error
    return cast("list[Clue]", found)


def promises(calls: Iterable[Call]) -> dict[tuple[str, ...], dict[str, float]]:
    """By group, its tasks sorted, what each proposer predicted of it; the latest answer counts."""
    found: dict[tuple[str, ...], dict[str, float]] = {}
    for call in calls:
        if call.operation == "evidence" and call.state == "done":
            answer: Any = call.output
            for one in answer:
                group = tuple(sorted(map(str, one["tasks"])))
                found[group] = {str(k): float(v) for k, v in one["predicted"].items()}
    return found
