"""What proposers say of groups of tasks."""

from __future__ import annotations

import json
import math
from itertools import combinations
from typing import TYPE_CHECKING, Any

from polytask._errors import MissingError
from polytask.evaluation.ranking import combined, ranked
from polytask.learning.proposing import PROPOSERS
from polytask.learning.proposing.known import ROWS, Known, samples
from polytask.learning.proposing.proposer import promise
from polytask.learning.speed import START, speed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.learning.probing import Labelled
    from polytask.learning.proposing.proposer import Gain
    from polytask.tasks.task import Fold, Task
    from polytask.workflow.state import State

    Curves = dict[tuple[str, ...], list[dict[str, float]]]


def evidence(
    state: State, tasks: Sequence[str], parts: Sequence[str], seconds: float
) -> list[dict[str, Any]]:
    """Every group of two or three `tasks`, and all of them, with what each proposer promises.

    Args:
        state: The worker's state.
        tasks: Two or more, which one encoder reads.
        parts: Handles: first the joint part whose gradients are read, then such as have curves.
        seconds: What reading features may take; where more is expected, none are read.

    Returns:
        A group each, see `planning.operations.Clue`; the lowest `place` first, of equal ones in the
        order of `tasks`.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(limits=max(1, int(state.settings["threads"]))):
        known = _known(state, tasks, parts, seconds)
        groups = [*combinations(tasks, 2), *combinations(tasks, 3)]
        groups += [tuple(tasks)] if len(tasks) > 3 else []
        told = [_told(group, known) for group in groups]
    scores = [{name: gain.score for name, gain in one.items()} for one in told]
    found = [
        {"tasks": list(group), "predicted": score, "place": round(place, 6), "reason": reason}
        for group, score, place, reason in zip(
            groups, scores, combined(scores), map(_reason, told, ranked(scores)), strict=True
        )
    ]
    return sorted(found, key=lambda one: float(str(one["place"])))


def _told(group: Sequence[str], known: Known) -> dict[str, Gain]:
    """By proposer what it promises of a group; the silent left out."""
    asked = {name: promise(PROPOSERS.load(name)(), group, known) for name in PROPOSERS}
    return {name: gain for name, gain in asked.items() if gain is not None}


def _reason(told: Mapping[str, Gain], places: Mapping[str, float]) -> str:
    """Why the proposer that ranks a group highest does so."""
    if not places:
        return next((gain.reason for gain in told.values()), "")
    return told[min(told, key=lambda name: places.get(name, 1.0))].reason


def _known(state: State, tasks: Sequence[str], parts: Sequence[str], seconds: float) -> Known:
    fold = state.taskset.fold(tasks, 0)
    chosen = [state.taskset[name] for name in tasks]
    facts = [_facts(state, part) for part in parts]
    moved: dict[str, Any] = facts[0]["moved"] if facts else {}
    own = len(facts[0]["curves"]) if facts else 0
    return Known(
        {task.name: task for task in chosen},
        rows={task.name: len(fold.train[task.table].labelled(task.name)) for task in chosen},
        languages={task.name: state.taskset.tables[task.table].language for task in chosen},
        samples=_samples(state, chosen, fold, seconds),
        affinity=moved.get("affinity", {}),
        norms=moved.get("norms", {}),
        cosines=moved.get("cosines", {}),
        projected=moved.get("projected", {}),
        curves=_curves(facts),
        epochs=own,
    )


def _samples(
    state: State, tasks: Sequence[Task], fold: Fold, seconds: float
) -> dict[str, Labelled]:
    """Features of some rows; none where there are no weights, or where it would take too long."""
    context = state.context()
    rows = sum(min(ROWS, len(table)) for table in fold.train.values())
    try:
        if START + rows * speed(tasks, fold, context).forward > seconds:
            return {}
        return samples(tasks, fold, context)
    except MissingError:
        return {}


def _curves(facts: Sequence[Mapping[str, Any]]) -> Curves:
    """The curves of trainings with one recipe, another than that of the first part.

    Of several recipes the one with most groups: a curve together says something beside one alone.
    """
    found: dict[str, Curves] = {}
    for one in facts:
        if one["recipe"] != facts[0]["recipe"] and one["curves"]:
            curve = [_finite(epoch.get("dev", {})) for epoch in one["curves"]]
            found.setdefault(one["recipe"], {})[tuple(sorted(one["tasks"]))] = curve
    return max(found.values(), key=len, default={})


def _finite(dev: Mapping[str, Any]) -> dict[str, float]:
    return {t: float(v) for t, v in dev.items() if v is not None and math.isfinite(v)}


def _facts(state: State, part: str) -> dict[str, Any]:
    """What was noted of a training; one without gradients or curves has them empty."""
    text = (state.folder.parts / part / "facts.json").read_text(encoding="utf-8")
    return {"moved": {}, "curves": [], **json.loads(text)}
