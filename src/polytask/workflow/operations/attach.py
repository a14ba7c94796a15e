"""Programs put into a model that answers their calls, and scored on dev like what was trained."""

from __future__ import annotations

import shutil
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from polytask.evaluation.report import Finding
from polytask.workflow import scoring
from polytask.workflow.folder import write_json
from polytask.workflow.operations.train import dev_metric
from polytask.workflow.programming import handle, programs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from polytask.learning.model import Model
    from polytask.learning.program_part import ProgramPart
    from polytask.workflow.state import State

_ASKED = 20
"""Rows without an answer that are asked again, for the reason."""


def attach(state: State, model: Model, parts: Mapping[str, str]) -> Model:
    """The model with the programs among `parts`, each kept in the run folder like a trained part.

    Args:
        state: The worker's state.
        model: Answers the tasks that programs call.
        parts: By task the handle of its part; those of programs are to be made.
    """
    from polytask.learning.model import Model
    from polytask.learning.program_part import ProgramPart

    for name, program in programs(state.taskset).items():
        if parts.get(name) != handle(name, program):
            continue
        state.emit({"event": "note", "text": f"answering the dev rows of {name} by its program"})
        part = ProgramPart(state.taskset[name], program).bound(model)
        decisions = _kept(state, name, part, parts[name]).decisions()
        model = Model(
            {**model.parts, parts[name]: part},
            {**model.routing, name: parts[name]},
            {**model.decisions, name: decisions},
            {**model.tasks, name: part.task},
        )
    return model


def _kept(state: State, name: str, part: ProgramPart, named: str) -> scoring.Judged:
    """Score a program on dev, and write what there is to know of it."""
    folder = state.folder.parts / named
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "part").mkdir(parents=True)
    part.save(folder / "part")
    dev = scoring.score_rows(part, state.taskset.fold([name]).dev, [name])
    scoring.save(folder / "dev.safetensors", dev)
    facts = {
        "recipe": part.recipe,
        "tasks": [name],
        "dev": {name: dev_metric(state.taskset, name, dev[name])},
        "passes": {},
    }
    write_json(folder / "facts.json", facts)
    return scoring.judged(state.taskset, name, "dev", dev[name])


def unanswered(state: State, model: Model, name: str) -> list[Finding]:
    """A finding on dev rows for which a program has no answer, with the commonest reason."""
    from polytask.learning.program_part import rows_of

    part = model.parts[model.routing[name]]
    (rows,) = state.taskset.fold([name]).dev.values()
    scores = np.asarray(part.scores(rows.inputs, [name])[name])
    gaps = np.flatnonzero(np.isnan(scores.reshape(len(scores), -1)).any(axis=1))
    if not len(gaps):
        return []
    asked = part.answers(rows_of(rows.inputs.take(gaps[:_ASKED])))  # type: ignore[attr-defined]
    reason, _ = Counter(one.reason or "it was not sure" for one in asked).most_common(1)[0]
    message = f"its program has no answer for {len(gaps):,} of {len(rows):,} dev rows: {reason}"
    return [Finding("no_answer", message, name, len(gaps), "warning")]
