"""Programs put into a model that answers their calls, and scored on dev like what was trained."""

from __future__ import annotations

import json
import math
import shutil
from collections import Counter
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import numpy as np

from polytask.evaluation.metrics import metric
from polytask.evaluation.report import Finding
from polytask.learning.program_part import ProgramPart, rows_of
from polytask.workflow import scoring
from polytask.workflow.folder import write_json
from polytask.workflow.operations.distil import distil
from polytask.workflow.operations.train import dev_metric
from polytask.workflow.programming import handle, programs, row_budget

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from polytask.evaluation.prediction import Decisions
    from polytask.learning.model import Model
    from polytask.learning.part import Part
    from polytask.planning.programs import Program
    from polytask.workflow.state import State

_ASKED = 20
"""Rows without an answer that are asked again, for the reason."""


def attach(
    state: State,
    model: Model,
    parts: Mapping[str, str],
    rivals: Mapping[str, tuple[str, Part]] = {},
) -> Model:
    """The model with the programs among `parts`, each kept in the run folder like a trained part.

    Args:
        state: The worker's state.
        model: Answers the tasks that programs call.
        parts: By task the handle of its part; those of programs are to be made.
        rivals: By task with a program that competes the part that it must beat on dev, under its
            handle; where it does not, that part answers.
    """
    from polytask.learning.model import Model

    for name, program in programs(state.taskset).items():
        if name in state.taskset.unmeasured:
            model = _unmeasured(model, _part(state, name, program))
            continue
        if parts.get(name) != handle(name, program):
            continue
        state.emit({"event": "note", "text": f"answering the dev rows of {name} by its program"})
        made = _part(state, name, program).bound(model)
        named, (part, decisions) = parts[name], _kept(state, made, parts[name])
        if name in rivals and not _wins(state, name, named, rivals[name][0]):
            named, part = rivals[name]
            scored = scoring.load(state.folder.parts / named / "dev.safetensors")[name]
            decisions = scoring.judged(state.taskset, name, "dev", scored).decisions()
        model = Model(
            {**model.parts, named: part},
            {**model.routing, name: named},
            {**model.decisions, name: decisions},
            {**model.tasks, name: state.taskset[name]},
        )
    return model


def _part(state: State, name: str, program: Program) -> ProgramPart:
    adviser = state.adviser if program.asks else None
    budget = row_budget(state.taskset, name)
    return ProgramPart(state.taskset[name], program, budget, adviser=adviser)


def _unmeasured(model: Model, part: ProgramPart) -> Model:
    """The model with a program that has no target, if it answers what the program calls."""
    name = part.task.name
    if not set(part.program.calls) <= model.routing.keys():
        return model
    return replace(
        model,
        parts={**model.parts, handle(name, part.program): part},
        routing={**model.routing, name: handle(name, part.program)},
        tasks={**model.tasks, name: part.task},
    )


def _kept(state: State, part: ProgramPart, named: str) -> tuple[Part, Decisions]:
    """Score a program on dev, distil it where that is asked for, and write what there is to know.

    Returns:
        What answers the task, and the decisions fitted on dev.
    """
    name = part.task.name
    dev = scoring.score_rows(part, state.taskset.fold([name]).dev, [name])[name]
    findings = _unanswered(state, part, dev)
    answering: Part = part
    if state.taskset.origins[name].distil:
        found = distil(state, part, dev)
        answering, dev = found.part, found.dev
        findings = [found.finding] if found.part is not part else [*findings, found.finding]
    folder = state.folder.parts / named
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "part").mkdir(parents=True)
    answering.save(folder / "part", complete=False)
    scoring.save(folder / "dev.safetensors", {name: dev})
    facts = {
        "recipe": answering.recipe,
        "tasks": [name],
        "dev": {name: dev_metric(state.taskset, name, dev)},
        "passes": {},
        "findings": [asdict(finding) for finding in findings],
    }
    write_json(folder / "facts.json", facts)
    return answering, scoring.judged(state.taskset, name, "dev", dev).decisions()


def _wins(state: State, name: str, program: str, rival: str) -> bool:
    """Whether a program that competes is better on dev than what is trained; notes what came."""
    path = state.folder.parts / program / "facts.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    other = json.loads((state.folder.parts / rival / "facts.json").read_text(encoding="utf-8"))
    ours, theirs = float(facts["dev"][name]), float(other["dev"][name])
    task = state.taskset[name]
    sign = metric(task.metric).sign
    wins = not math.isnan(ours) and not sign * ours <= sign * theirs
    message = (
        f"its program competed, with {task.metric} {ours:.3f} on dev against {theirs:.3f} of "
        f"{other['recipe']}: {'it answers' if wins else 'what was trained answers'}"
    )
    said = Finding("competed", message, name, severity="info")
    write_json(path, {**facts, "findings": [*facts["findings"], asdict(said)]})
    return wins


def said_of(state: State, handles: Iterable[str]) -> tuple[Finding, ...]:
    """What there was to say of programs when they were attached."""
    found = []
    for handle_ in handles:
        path = state.folder.parts / handle_ / "facts.json"
        facts = json.loads(path.read_text(encoding="utf-8"))
        found += [Finding(**one) for one in facts.get("findings", [])]
    return tuple(found)


def _unanswered(state: State, part: ProgramPart, dev: scoring.Scored) -> list[Finding]:
    """A finding on dev rows for which a program has no answer, with the commonest reason."""
    scores = np.asarray(dev.scores)
    gaps = np.flatnonzero(np.isnan(scores.reshape(len(scores), -1)).any(axis=1))
    if not len(gaps):
        return []
    (rows,) = state.taskset.fold([part.task.name]).dev.values()
    asked = part.answers(rows_of(rows.inputs.take(gaps[:_ASKED])))
    reason, _ = Counter(one.reason or "it was not sure" for one in asked).most_common(1)[0]
    message = f"its program has no answer for {len(gaps):,} of {len(rows):,} dev rows: {reason}"
    return [Finding("no_answer", message, part.task.name, len(gaps), "warning")]
