"""Train a part, score it on dev, keep both."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from polytask._durable import publish
from polytask._errors import ConfigError
from polytask.evaluation.metrics import score
from polytask.workflow import scoring
from polytask.workflow.folder import saving, write_json
from polytask.workflow.keys import candidate_name, train_key
from polytask.workflow.lineage import NO_LINEAGE, Lineage
from polytask.workflow.operations.estimate import raw_seconds
from polytask.workflow.operations.memory import recall, remember
from polytask.workflow.operations.recipes import build
from polytask.workflow.waiting import waiting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from polytask.learning.part import Part
    from polytask.learning.recipes.recipe import Recipe
    from polytask.tasks.task import Task, TaskSet
    from polytask.workflow.state import State


def train(
    state: State,
    tasks: Sequence[str],
    recipe: str,
    repeat: int = 0,
    start: str = "",
    teachers: Mapping[str, str] = {},
) -> dict[str, Any]:
    """Fit `recipe` on `tasks` and keep the part under its key in the run folder.

    With folds the recipe is fitted once a fold for out-of-fold scores, then on the final split.
    Test scores of folds are stored beside the dev scores and read by the final evaluation only.
    A `repeat` above 0 differs by its seed alone; `start` and `teachers` are handles of parts.

    Returns:
        `{"part": key, "recipe": text, "dev": {task: primary metric}, "reused": bool}`.
    """
    built = build(recipe)
    log = Log(state, repeat, Lineage(start, teachers))
    settings = state.settings_of(repeat)
    key = train_key(state.taskset, tasks, str(built), built.version, settings, log.lineage)
    folder = state.folder.parts / key
    reused = folder.is_dir()
    if not reused:
        with saving(state.folder.path):
            reused = recall(state, key, folder)
            if not reused:
                _timed_fit(tasks, built, folder, log)
                remember(state, key, folder, repeat)
    facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    return {"part": key, "recipe": str(built), "dev": facts["dev"], "reused": reused}


def _timed_fit(tasks: Sequence[str], recipe: Recipe, folder: Path, log: Log) -> None:
    """Fit, and note how long it took against what was expected, for the next estimate."""
    expected = raw_seconds(log.state, tasks, recipe, log.lineage)
    began, before = time.monotonic(), waiting()
    _fit(tasks, recipe, folder, log)
    pace = (time.monotonic() - began) / max(expected, 1e-3)
    calm = pace * (1.0 - waiting().share_since(before))
    name = type(recipe).__name__
    log.state.pace[name] = _bounded(pace)
    # Speeds that were measured beside other work have the waiting in them: 1 is then right.
    log.state.calm_pace[name] = _bounded(max(calm, min(pace, 1.0)))


def _bounded(pace: float) -> float:
    return min(max(pace, 0.3), 3.0)


def _fit(tasks: Sequence[str], recipe: Recipe, folder: Path, log: Log) -> None:
    state = log.state
    temporary = folder.with_name(f"{folder.name}.tmp")
    checkpoint = folder.with_name(f"{folder.name}.checkpoint")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    name = candidate_name(str(recipe), tasks, log.repeat, log.lineage)
    state.emit({"event": "training", "candidate": name})
    part, dev, test = fit_folds(state, tasks, recipe, checkpoint, log)
    (temporary / "part").mkdir()
    part.save(temporary / "part", complete=False)
    scoring.save(temporary / "dev.safetensors", dev)
    if test:
        scoring.save(temporary / "test.safetensors", test)
    facts = {
        "recipe": str(recipe),
        "tasks": list(tasks),
        "dev": {task: dev_metric(state.taskset, task, dev[task]) for task in tasks if task in dev},
        "curves": log.epochs,
        "notes": log.notes,
        "passes": dict(getattr(part, "passes", {})),
        "cut": dict(getattr(part, "cut", {})),
        **log.lineage.facts(),
        "moved": dict(getattr(part, "moved", {})),
    }
    write_json(temporary / "facts.json", facts)
    publish(temporary, folder)
    shutil.rmtree(checkpoint, ignore_errors=True)


def fit_folds(
    state: State, tasks: Sequence[str], recipe: Recipe, checkpoint: Path, log: Log
) -> tuple[Part, dict[str, scoring.Scored], dict[str, scoring.Scored]]:
    """Fit once a fold and on the final split: the part delivered, dev scores, test scores.

    Test scores are those of folds; a fixed test split is left alone. Helpers have no scores.
    """
    taskset = state.taskset
    chosen = [taskset[name] for name in tasks]
    recipe = _suited(recipe, chosen, log)
    folds = taskset.folds(tasks)
    folded = [name for name in tasks if taskset.folds([name]) > 1]
    fixed = [name for name in tasks if name not in (*folded, *taskset.helpers)]
    dev, test = [], []
    for number in range(folds if folded else 0):
        log.fold = f"fold {number + 1} of {folds}"
        context = log.context(checkpoint / str(number))
        part = recipe.fit(chosen, taskset.fold(tasks, number), context)
        dev.append(scoring.score_rows(part, taskset.fold(folded, number).dev, folded))
        test.append(scoring.score_rows(part, taskset.test(folded, number), folded))
    log.fold = ""
    part = recipe.fit(chosen, taskset.fold(tasks), log.context(checkpoint / "final"))
    # Tasks with a fixed split are decided on with the very part that is delivered.
    dev.append(scoring.score_rows(part, taskset.fold(fixed).dev, fixed))
    return part, scoring.gather(dev), scoring.gather(test)


def _suited(recipe: Recipe, tasks: Sequence[Task], log: Log) -> Recipe:
    """`recipe` as far as it applies to `tasks`: what is for others of the run only is left out.

    So that a joint part with a loss for tags has a control for its classes, too. What is for no
    task of the run stays: the fit refuses it.
    """
    everything = [
        log.state.taskset[name] for name in (*log.state.taskset, *log.state.taskset.helpers)
    ]
    for name in ("loss", "regulariser", "sampling"):
        part = getattr(recipe, name, None)
        if part is None or _is_for(part, tasks):
            continue
        if not any(_is_for(part, [task]) for task in everything):
            continue
        names = ", ".join(task.name for task in tasks)
        text = f"{names}: trained without the {name} of {recipe}, which is for other tasks"
        log.take({"event": "note", "text": text})
        usual = type(recipe).__dataclass_fields__[name].default  # type: ignore[attr-defined]
        recipe = replace(recipe, **{name: usual})  # type: ignore[type-var]
    return recipe


def _is_for(part: Any, tasks: Sequence[Task]) -> bool:
    """Whether a loss, a regulariser or a sampling is for some of `tasks` at least."""
    if hasattr(part, "kinds"):
        return any(task.kind in part.kinds for task in tasks)
    try:
        part.suits(tasks)
    except ConfigError:
        return False
    return True


def dev_metric(taskset: TaskSet, task: str, scored: scoring.Scored) -> float:
    """The primary metric on dev, with decisions fitted there (both arms of a comparison alike)."""
    dev = scoring.judged(taskset, task, "dev", scored)
    return float(score(dev.task, dev.truth, dev.answers()))


class Log:
    """Keeps the epoch lines and notes of the fit that is delivered, and passes all on."""

    def __init__(self, state: State, repeat: int, lineage: Lineage = NO_LINEAGE) -> None:
        self.state = state
        self.repeat = repeat
        self.lineage = lineage
        self.fold = ""
        self.epochs: list[dict[str, Any]] = []
        self.notes: list[str] = []

    def context(self, checkpoint: Path) -> Any:
        """A context whose events come here first."""
        return replace(self.state.context(checkpoint, self.repeat, self.lineage), emit=self.take)

    def take(self, event: Mapping[str, Any]) -> None:
        """Keep what belongs in the report, and send everything on."""
        if event.get("event") == "epoch" and not self.fold:
            self.epochs.append(
                {k: event[k] for k in ("epoch", "epochs", "loss", "dev") if k in event}
            )
        if event.get("event") == "note" and not self.fold:
            self.notes.append(str(event["text"]))
        self.state.emit({**event, "fold": self.fold})
