"""Ways to answer a task of a model that grows: fitted in memory, scored on dev."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from polytask._errors import OutputError, PolytaskError
from polytask.evaluation.metrics import metric
from polytask.evaluation.report import Candidate
from polytask.learning.encoders import modality_of
from polytask.workflow import scoring
from polytask.workflow.answering import answered
from polytask.workflow.assessing import Arm
from polytask.workflow.keys import candidate_name, digest, table_digest
from polytask.workflow.operations.recipes import QUICK, build
from polytask.workflow.operations.train import Log, dev_metric, fit_folds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.evaluation.prediction import Scores
    from polytask.learning.model import Model
    from polytask.learning.part import Part
    from polytask.learning.recipes.recipe import Recipe
    from polytask.tasks.task import Task
    from polytask.workflow.state import State


@dataclass(frozen=True)
class Tried:
    """A way to answer one task.

    Args:
        part: The part that answers it.
        task: The task as the part knows it, with its labels.
        recipe: How it came about.
        handle: A name for the part, unlike that of any other.
        dev: The primary metric on dev.
        on_dev: Its scores of dev rows (out of fold).
        on_test: Those of test rows where they come from folds, else `None`.
        alone: Whether it owes nothing to other tasks.
        notes: What its fit noted.
    """

    part: Part
    task: Task
    recipe: str
    handle: str
    dev: float
    on_dev: scoring.Scored
    on_test: scoring.Scored | None = None
    alone: bool = False
    notes: tuple[str, ...] = ()

    def judged(self, state: State) -> scoring.Judged:
        """Its scores beside the targets of the dev rows."""
        found = scoring.judged(state.taskset, self.task.name, "dev", self.on_dev)
        return replace(found, task=self.task)


@dataclass(frozen=True)
class Attempt:
    """What was tried, for the report, whether or not it came to anything.

    Args:
        candidate: Without what is chosen, which is known at the end.
        handle: The name of its part, or "".
        seconds: How long it took.
    """

    candidate: Candidate
    handle: str = ""
    seconds: float = 0.0


def try_out(
    state: State, model: Model, task: str, *, trained: bool = True
) -> tuple[list[Tried], list[Attempt]]:
    """Fit a head on every trunk of `model` and the quick models alone: what came of it.

    Args:
        state: Folder, settings and the task set with `task`.
        model: The model in use.
        task: The task.
        trained: Whether the trunks count.

    Raises:
        ConfigError: Texts and images together.
        OutputError: The disk is full.
    """
    from polytask.learning.growing import trunks

    described = state.taskset[task]
    quick = [build(recipe) for recipe in QUICK[modality_of(described.inputs)]]
    found, attempts = [], []
    for recipe in (*(trunks(model, described) if trained else ()), *quick):
        name, began = candidate_name(str(recipe), [task]), time.monotonic()
        candidate = Candidate(name, (task,), str(recipe))
        try:
            one = _fit(state, task, recipe, alone=recipe in quick)
        except OutputError:
            raise
        except PolytaskError as error:
            attempts.append(Attempt(replace(candidate, status="failed", reason=str(error))))
        else:
            found.append(one)
            seconds = time.monotonic() - began
            attempts.append(Attempt(replace(candidate, dev={task: one.dev}), one.handle, seconds))
        tell(state, attempts[-1])
    return found, attempts


def tell(state: State, attempt: Attempt) -> None:
    """Emit what came of an attempt."""
    one = attempt.candidate
    facts = {"recipe": one.recipe, "tasks": list(one.tasks), "status": one.status}
    more = {"dev": dict(one.dev), "reason": one.reason, "seconds": attempt.seconds}
    state.emit({"event": "found", **facts, **more})


def _fit(state: State, task: str, recipe: Recipe, *, alone: bool) -> Tried:
    state.emit({"event": "training", "candidate": candidate_name(str(recipe), [task])})
    log = Log(state, 0)
    table = state.taskset.tables[state.taskset[task].table]
    part, dev, test = fit_folds(state, [task], recipe, state.folder.parts / "checkpoint", log)
    return Tried(
        part,
        state.taskset[task],
        str(recipe),
        digest(["grow", str(recipe), task, table_digest(table, [task])]),
        dev_metric(state.taskset, task, dev[task]),
        dev[task],
        test.get(task),
        alone,
        tuple(dict.fromkeys(log.notes)),
    )


def best(found: Sequence[Tried]) -> Tried:
    """The best on dev, of equals the first; an undefined metric is the worst there is."""
    sign = metric(found[0].task.metric).sign
    return max(found, key=lambda one: sign * one.dev if math.isfinite(one.dev) else -math.inf)


def arm(state: State, tried: Tried) -> Arm:
    """Its answers on the test rows, decided on dev; opens the test split.

    Raises:
        LookupError: There are no test rows.
    """
    taskset, name = state.taskset, tried.task.name
    scored = tried.on_test
    if scored is None:
        fixed = scoring.score_rows(tried.part, taskset.test([name]), [name])
        if name not in fixed:
            raise LookupError("there are no test rows")
        scored = fixed[name]
    dev = tried.judged(state)
    test = replace(scoring.judged(taskset, name, "test", scored), task=tried.task)
    answers = answered(test, dev, taskset.tables[taskset[name].table].splits)
    labels = taskset[name].labels
    if answers.probabilities is not None and tried.task.labels != labels:
        known = tried.task.labels
        answers = replace(answers, probabilities=_columns(answers.probabilities, known, labels))
    passes = getattr(tried.part, "passes", {}).get(name)
    return Arm(tried.handle, tried.recipe, passes, tried.dev, answers, dev.decisions())


def _columns(given: Scores, known: Sequence[str], labels: Sequence[str]) -> Scores:
    """Probabilities with a column for each of `labels`; 0 for what the part does not know."""
    if isinstance(given, list):
        return [np.asarray(_columns(rows, known, labels)) for rows in given]
    nothing = np.zeros(len(given))
    columns = [given[:, known.index(name)] if name in known else nothing for name in labels]
    return np.stack(columns, axis=1)
