"""The model in use as a rival: its scores of the rows that judge what would take its place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from polytask._errors import DataError
from polytask.evaluation.certificate import certify
from polytask.evaluation.interval import Pair
from polytask.evaluation.metrics import score
from polytask.evaluation.report.task import IN_USE
from polytask.workflow import scoring
from polytask.workflow.assessing import group_of
from polytask.workflow.folder import RunFolder
from polytask.workflow.trying import Tried

if TYPE_CHECKING:
    from collections.abc import Mapping

    from polytask.evaluation.certificate import Verdict
    from polytask.workflow.result import Result
    from polytask.workflow.state import State

SCORES = ("dev.safetensors", "test.safetensors")
"""Files of a part's scores in `parts/<handle>/`; those of folds cannot be computed again."""


def in_use(state: State, old: Result, task: str) -> Tried:
    """How the model of `old` answers `task`, on the dev rows of `state`.

    Raises:
        DataError: Its data are not what they were, or its out-of-fold scores are gone.
    """
    model, known = old.model, old.report.tasks[task]
    _check_rows(state, old, task)
    part = model.parts[model.routing[task]]
    on_test = None
    if state.taskset.folds([task]) > 1:
        on_dev, on_test = (_stored(old, known.part, file, task) for file in SCORES)
    else:
        on_dev = scoring.score_rows(part, state.taskset.fold([task]).dev, [task])[task]
    found = Tried(
        part,
        model.tasks[task],
        f"{IN_USE}{known.recipe}",
        known.part or model.routing[task],
        float("nan"),
        on_dev,
        on_test,
    )
    dev = found.judged(state)
    return replace(found, dev=float(score(state.taskset[task], dev.truth, dev.answers())))


def _check_rows(state: State, old: Result, task: str) -> None:
    """Refuse other dev and test rows than those that the old figures stand on."""
    known = old.report.tasks[task]
    counts = [len(scoring.targets(state.taskset, task, split)[0]) for split in ("dev", "test")]
    if counts != [known.n_dev, known.n_test]:
        raise DataError(
            f"The rows that judge {task!r} are not those of {old.path}: {counts[0]:,} dev and "
            f"{counts[1]:,} test rows now, {known.n_dev:,} and {known.n_test:,} then. Put its data "
            "back as they were, or train all anew with `polytask run`"
        )


def _stored(old: Result, handle: str, file: str, task: str) -> scoring.Scored:
    path = RunFolder(old.path).parts / handle / file
    found = scoring.load(path) if handle and path.is_file() else {}
    if task not in found:
        raise DataError(
            f"{task!r} is judged out of fold, and the scores of the model in use are gone from "
            f"{path}: put the folder back, or train all anew with `polytask run`"
        )
    return found[task]


def hold(
    state: State, challengers: Mapping[str, Tried], standing: Mapping[str, Tried]
) -> dict[str, Verdict]:
    """The certificate of `challengers` against `standing` on dev rows, by task."""
    pairs = {}
    for task, challenger in challengers.items():
        dev = challenger.judged(state)
        pairs[task] = Pair(
            state.taskset[task],
            dev.truth,
            dev.answers(),
            standing[task].judged(state).answers(),
            group_of(state.taskset, task, dev.positions),
        )
    seed, margin = int(state.settings["seed"]), float(state.settings["margin"])
    return certify(pairs, margin=margin, seed=seed)
