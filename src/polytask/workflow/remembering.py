"""What finished runs leave for later ones: their records are kept, and asked for recipes to try.

A plan that is written depends on what is remembered at that moment, and says what it took from
there; the run that follows depends on its plan alone. The variable POLYTASK_KNOWLEDGE=off neither
keeps nor asks, `fresh` asks nothing.
"""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from polytask import __version__
from polytask._errors import ConfigError
from polytask._home import home
from polytask.knowledge import Candidate, Facts, Gain, Record, Store, propose
from polytask.workflow.planner_model import advise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.planning.journal import Call, Journal
    from polytask.tasks.profile import Hint
    from polytask.tasks.task import TaskSet
    from polytask.workflow.folder import RunFolder
    from polytask.workflow.host import HostOperations
    from polytask.workflow.planner_model import Advice
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


@dataclass(frozen=True)
class Earlier:
    """What earlier runs say to a plan.

    Args:
        hints: Recipes to try, at most two for what reads text and two for what reads images.
        told: A sentence for the head of the plan; "" where there are no earlier runs.
    """

    hints: tuple[Hint, ...] = ()
    told: str = ""


def earlier(taskset: TaskSet, settings: Settings) -> Earlier:
    """What earlier runs say to the plan for `taskset`."""
    from polytask.tasks import profile

    if not is_on() or settings.fresh:
        return Earlier()
    records = store().records()
    if not records:
        return Earlier()
    found = profile(taskset.learned)
    facts = {name: Facts.of(found[name]) for name in found}
    advice = advise(records, list(facts.values()), _rules())
    hints = [hint for one in _rules() for hint in _hints(one, taskset, facts, records, advice)]
    asked = f"{len(records)} earlier run{'s' if len(records) > 1 else ''} asked"
    return Earlier(tuple(hints), f"{asked}; the model of them is {advice.told}")


def _rules() -> dict[str, list[str]]:
    """By what reads a task the recipes that plans try anyway, the quick models last."""
    from polytask.planning.writers.ladder import QUICK, usual
    from polytask.workflow.checking import VOCABULARY

    found = {}
    for modality, quick in QUICK.items():
        tried = list(map(VOCABULARY.canonical, usual(modality)))
        found[modality] = [*tried[len(quick) :], *tried[: len(quick)]]
    return found


def _hints(
    modality: str,
    taskset: TaskSet,
    facts: Mapping[str, Facts],
    records: Sequence[Record],
    advice: Advice,
) -> list[Hint]:
    """What they propose to the tasks of a modality: first what a model of them names, if used."""
    from polytask.tasks.profile import Hint
    from polytask.workflow.asking import suits
    from polytask.workflow.checking import VOCABULARY

    asked = {name: one for name, one in facts.items() if one.reads == modality}
    tasks = [taskset[name] for name in asked]
    known = {*_rules()[modality], *map(VOCABULARY.canonical, taskset.recipes)}
    similar = propose(list(asked.values()), records, known, most=len(records) + 2)
    named = dict.fromkeys(advice.recipes.get(modality, ()), "named by the model of earlier runs")
    reasons = {**named, **{one.recipe: one.why for one in similar}}
    fit = [one for one in reasons if one not in known and suits(one, tasks)]
    return [Hint(one, reasons[one], modality) for one in fit[:2]]


def model_of_runs() -> str:
    """What the model of the remembered runs is worth, in a sentence."""
    return advise(store().records(), [], _rules()).told


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
