"""Ways to learn a task that is added to a model: each fitted in memory, scored on dev, compared."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from polytask._errors import OutputError, PolytaskError, RunError
from polytask.evaluation.metrics import metric
from polytask.evaluation.report import Candidate
from polytask.learning.encoders import modality_of
from polytask.workflow import scoring
from polytask.workflow.answering import answered
from polytask.workflow.assessing import Arm
from polytask.workflow.keys import candidate_name, digest
from polytask.workflow.operations.recipes import build
from polytask.workflow.operations.train import Log, dev_metric, fit_folds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.learning.model import Model
    from polytask.learning.part import Part
    from polytask.learning.recipes.recipe import Recipe
    from polytask.workflow.state import State

QUICK = {"text": ("TfidfLinear()", "Probe()"), "image": ("Probe()", "KernelProbe()")}
"""By modality the recipes that a task which is added is held against, each for it alone."""


@dataclass(frozen=True)
class Tried:
    """A part that was fitted for one task.

    Args:
        part: The part.
        recipe: How it came about.
        dev: The primary metric on dev.
        on_dev: Its scores of dev rows (out of fold).
        on_test: Those of test rows where they come from folds, else `None`.
        seconds: How long it took.
        alone: Whether it owes nothing to other tasks.
        notes: What its fit noted.
    """

    part: Part
    recipe: str
    dev: float
    on_dev: scoring.Scored
    on_test: scoring.Scored | None
    seconds: float
    alone: bool
    notes: tuple[str, ...] = ()

    @property
    def handle(self) -> str:
        """A name for the part, unlike that of any other."""
        return digest(["add", self.recipe, *self.part.tasks])


@dataclass(frozen=True)
class Tries:
    """All that was tried for one task.

    Args:
        served: The best on dev; of equals a head on a trunk.
        control: The best of those that owe nothing to other tasks; `None` if none could be fitted.
        candidates: Everything tried, for the report.
        seconds: By name of a candidate how long it took.
    """

    served: Tried
    control: Tried | None
    candidates: tuple[Candidate, ...]
    seconds: Mapping[str, float]


def try_out(state: State, model: Model, task: str) -> Tries:
    """Fit a head on every trunk of `model` and the quick models alone, and choose on dev.

    Args:
        state: Folder, settings and the task set with `task`.
        model: The model that `task` is added to.
        task: A task of the task set.

    Raises:
        ConfigError: Texts and images together.
        RunError: Nothing could be fitted.
    """
    from polytask.learning.growing import trunks

    described = state.taskset[task]
    shared: list[Recipe] = list(trunks(model, described).values())
    quick = [build(recipe) for recipe in QUICK[modality_of(described.inputs)]]
    found, failed = [], {}
    for recipe in (*shared, *quick):
        try:
            found.append(_fit(state, task, recipe, alone=recipe in quick))
        except OutputError:
            raise  # a full disk
        except PolytaskError as error:
            failed[str(recipe)] = str(error)
            _tell(state, task, str(recipe), status="failed", reason=str(error))
    if not found:
        raise RunError(f"Nothing could be trained for {task}: {'; '.join(failed.values())}")
    served = _best(state, task, found)
    alone = [tried for tried in found if tried.alone]
    control = _best(state, task, alone) if alone else None
    return Tries(
        served,
        control,
        (
            *(_candidate(tried, task, served, control) for tried in found),
            *(_failed(recipe, task, reason) for recipe, reason in failed.items()),
        ),
        {candidate_name(tried.recipe, [task]): round(tried.seconds, 3) for tried in found},
    )


def arm(state: State, tried: Tried) -> Arm:
    """The answers of a fitted part on the test rows, decided on dev; opens the test split.

    Raises:
        LookupError: There are no test rows.
    """
    taskset, (task,) = state.taskset, tried.part.tasks
    scored = tried.on_test
    if scored is None:
        fixed = scoring.score_rows(tried.part, taskset.test([task]), [task])
        if task not in fixed:
            raise LookupError("there are no test rows")
        scored = fixed[task]
    dev = scoring.judged(taskset, task, "dev", tried.on_dev)
    test = scoring.judged(taskset, task, "test", scored)
    answers = answered(test, dev, taskset.tables[taskset[task].table].splits)
    return Arm(tried.handle, tried.recipe, None, tried.dev, answers, dev.decisions())


def _fit(state: State, task: str, recipe: Recipe, *, alone: bool) -> Tried:
    began = time.monotonic()
    state.emit({"event": "training", "candidate": candidate_name(str(recipe), [task])})
    log = Log(state, 0)
    part, dev, test = fit_folds(state, [task], recipe, state.folder.parts / "checkpoint", log)
    value = dev_metric(state.taskset, task, dev[task])
    spent = time.monotonic() - began
    _tell(state, task, str(recipe), status="done", dev={task: value}, seconds=spent)
    notes = tuple(dict.fromkeys(log.notes))
    return Tried(part, str(recipe), value, dev[task], test.get(task), spent, alone, notes)


def _tell(state: State, task: str, recipe: str, **facts: object) -> None:
    state.emit({"event": "found", "recipe": recipe, "tasks": [task], **facts})


def _best(state: State, task: str, found: Sequence[Tried]) -> Tried:
    """The best on dev, of equals the first; an undefined metric is the worst there is."""
    sign = metric(state.taskset[task].metric).sign
    return max(found, key=lambda one: sign * one.dev if math.isfinite(one.dev) else -math.inf)


def _candidate(tried: Tried, task: str, served: Tried, control: Tried | None) -> Candidate:
    return Candidate(
        candidate_name(tried.recipe, [task]),
        (task,),
        tried.recipe,
        dev={task: tried.dev},
        chosen=(task,) if tried is served else (),
        control=(task,) if tried is control else (),
    )


def _failed(recipe: str, task: str, reason: str) -> Candidate:
    return Candidate(
        candidate_name(recipe, [task]), (task,), recipe, status="failed", reason=reason
    )
