"""What finished runs leave for later ones: their records are kept, and asked for recipes to try.

A plan that is written depends on what is remembered at that moment, and says what it took from
there; the run that follows depends on its plan alone. The variable POLYTASK_KNOWLEDGE=off neither
keeps nor asks, `fresh` asks nothing.
"""

from __future__ import annotations

import math
import os
import time
from typing import TYPE_CHECKING, Any

from polytask import __version__
from polytask._errors import ConfigError
from polytask._home import home
from polytask.knowledge import Candidate, Facts, Gain, Record, Store, propose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.planning.journal import Call, Journal
    from polytask.tasks.profile import Hint, Profile
    from polytask.tasks.task import TaskSet
    from polytask.workflow.folder import RunFolder
    from polytask.workflow.host import HostOperations
    from polytask.workflow.settings import Settings
    from polytask.workflow.trainings import Training

VARIABLE = "POLYTASK_KNOWLEDGE"
_CANDIDATES = 200
"""Candidates that are kept of a run."""
_LONGEST = 1000
"""Characters of a recipe that is kept."""


def store() -> Store:
    """The records of this user."""
    return Store(home() / "knowledge.jsonl")


def is_on() -> bool:
    """Whether runs are remembered.

    Raises:
        ConfigError: The variable says neither "on" nor "off".
    """
    said = os.environ.get(VARIABLE, "") or "on"
    if said not in ("on", "off"):
        raise ConfigError(f"{VARIABLE} is on or off; found {said!r}")
    return said == "on"


def proposals(taskset: TaskSet, settings: Settings) -> list[Hint]:
    """What earlier runs propose to the plan for `taskset`: at most two recipes a modality."""
    from polytask.tasks import profile

    if not is_on() or settings.fresh:
        return []
    records = store().records()
    if not records:
        return []
    found = profile(taskset.learned)
    return [
        one for modality in ("text", "image") for one in _for(modality, taskset, found, records)
    ]


def _for(
    modality: str, taskset: TaskSet, profile: Profile, records: Sequence[Record]
) -> list[Hint]:
    from polytask.planning.writers.ladder import usual
    from polytask.tasks.profile import Hint
    from polytask.workflow.asking import suits
    from polytask.workflow.checking import VOCABULARY

    facts = {name: Facts.of(profile[name]) for name in profile}
    names = [name for name, fact in facts.items() if fact.reads == modality]
    known = {VOCABULARY.canonical(one) for one in (*usual(modality), *taskset.recipes)}
    tasks = [taskset[name] for name in names]
    found = propose([facts[name] for name in names], records, known, most=len(records) + 2)
    fit = [one for one in found if suits(one.recipe, tasks)]
    return [Hint(one.recipe, one.why, modality) for one in fit[:2]]


def remember(
    folder: RunFolder,
    journal: Journal,
    operations: HostOperations,
    run_json: Mapping[str, Any],
) -> None:
    """Keep what a finished run taught; one that cannot be kept is told and ends no run."""
    from polytask.workflow.children import spread

    if not is_on():
        return
    calls = spread(folder, journal.calls())
    digests: Any = journal.facts["data"]
    kept = store()
    kept.add(record(folder.path.resolve().name, operations, calls, digests, run_json))
    if kept.problem:
        text = f"What this run taught is not kept for later ones: {kept.problem}"
        operations.emit({"event": "say", "text": text})


def record(
    name: str,
    operations: HostOperations,
    calls: Sequence[Call],
    digests: Mapping[str, str],
    run_json: Mapping[str, Any],
) -> Record:
    """The record of a run.

    Args:
        name: The name of its folder.
        operations: Its tasks and their profile.
        calls: The operations of its plan and of child plans.
        digests: By table a hash of its rows.
        run_json: What `run.json` says.
    """
    from polytask.workflow.keys import digest
    from polytask.workflow.trainings import trainings

    profile, taskset = operations.profile_, operations.taskset
    places = {task: place for place, task in enumerate(profile)}
    spans = {task: _span(taskset, task) for task in places}
    done = [one for one in trainings(calls) if one.status == "done" and _is_plain(one, places)]
    return Record(
        run=digest([name, sorted(digests.values()), operations.seed])[:8],
        name=name,
        day=time.strftime("%Y-%m-%d"),
        version=__version__,
        tasks=tuple(Facts.of(profile[task], digests[profile[task].table][:12]) for task in places),
        candidates=tuple(_candidate(one, places, spans) for one in done[:_CANDIDATES]),
        gains=_gains(calls, {one.part: one for one in done}, places, spans),
        proposed=tuple(map(str, run_json.get("proposed", ()))),
    )


def _is_plain(one: Training, places: Mapping[str, int]) -> bool:
    """Whether a training says something of its recipe alone: no repeat, no helpers, no teachers."""
    own = all(task in places for task in one.tasks)
    return own and not one.repeat and not one.lineage and len(one.recipe) <= _LONGEST


def _span(taskset: TaskSet, name: str) -> tuple[float, float]:
    """The results on dev of the best constant answer and of a perfect one."""
    from polytask.evaluation.metrics import floor, metric

    task = taskset[name]
    fold = taskset.fold([name], 0)
    train, dev = (
        [t for t in rows[task.table].targets[name] if t is not None]
        for rows in (fold.train, fold.dev)
    )
    judge = metric(task.metric)
    return floor(task, train, dev), judge.bounds[1 if judge.higher_is_better else 0]


def _candidate(
    one: Training, places: Mapping[str, int], spans: Mapping[str, tuple[float, float]]
) -> Candidate:
    dev = {task: _share(value, *spans[task]) for task, value in one.dev.items() if task in places}
    return Candidate(
        one.recipe,
        tuple(sorted(places[task] for task in one.tasks)),
        {places[task]: value for task, value in dev.items() if math.isfinite(value)},
        round(one.seconds, 1),
    )


def _share(value: float, floor: float, best: float) -> float:
    """The way from `floor` to `best` that a result has gone; NaN where there is no way.

    >>> _share(0.9, 0.5, 1.0), _share(0.5, 2.0, 0.0)
    (0.8, 0.75)
    """
    return round((value - floor) / (best - floor), 5) if floor != best else math.nan


def _gains(
    calls: Sequence[Call],
    parts: Mapping[str, Training],
    places: Mapping[str, int],
    spans: Mapping[str, tuple[float, float]],
) -> tuple[Gain, ...]:
    """What `compare` found of joint parts; of several comparisons of a part the last."""
    found: dict[str, Gain] = {}
    for call in calls:
        if call.operation != "compare" or call.state != "done":
            continue
        asked: Any = call.arguments
        verdicts: Any = call.output
        joint = parts.get(str(asked["shared"]))
        if joint is None or len(joint.tasks) < 2:
            continue
        gains = {
            places[task]: round(float(verdicts[task]["gain"]) / abs(best - floor), 5)
            for task, (floor, best) in spans.items()
            if task in verdicts and floor != best and math.isfinite(floor)
        }
        tasks = tuple(sorted(places[task] for task in joint.tasks))
        found[joint.part] = Gain(joint.recipe, tasks, gains)
    return tuple(found.values())
