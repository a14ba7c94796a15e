"""Make the model, open the test split once, measure."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from polytask.evaluation.report import Latency, ModelReport, PartReport, Report, Timing
from polytask.evaluation.report.storing import to_json
from polytask.workflow import scoring
from polytask.workflow.answering import answered
from polytask.workflow.assessing import Arm, assess, joints
from polytask.workflow.cutting import cut_rows, with_cut
from polytask.workflow.folder import saving

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.evaluation.prediction import Decisions
    from polytask.learning.model import Model
    from polytask.learning.part import Part
    from polytask.workflow.state import State


def deliver(
    state: State,
    parts: Mapping[str, str],
    controls: Mapping[str, str],
    repeats: Mapping[str, Sequence[str]] = {},
) -> dict[str, Any]:
    """Save the model made of `parts` and measure it and the controls on the test rows.

    Args:
        state: The worker's state.
        parts: By task the handle of the part that answers it.
        controls: By task the handle of its best single-task part; may lack tasks.
        repeats: By handle of a part the handles of the same training with other seeds.

    Returns:
        `{"report": text}`: the measured part of a report, as `report.json` writes it.
    """
    loaded = _load(state, {*parts.values(), *controls.values()})
    model = _model(state, parts, loaded).merged()
    with saving(state.folder.path):
        shutil.rmtree(state.folder.model, ignore_errors=True)
        model.save(state.folder.model)
    # One model a task: what a user would have without sharing, encoders and all.
    other = _model(state, controls, loaded) if controls else None
    scores = _test_scores(state, _wanted(parts, controls, repeats), loaded)

    def arm(task: str, part: str, decisions: Decisions) -> Arm:
        return _arm(state, task, [part, *repeats.get(part, ())], scores, decisions)

    served = {t: arm(t, part, model.decisions[t]) for t, part in parts.items()}
    held = {t: arm(t, p, other.decisions[t]) for t, p in controls.items() if other is not None}
    seed, margin = int(state.settings["seed"]), float(state.settings["margin"])
    tasks = assess(state.taskset, served, held, margin=margin, seed=seed)
    report = Report(
        seed=seed,
        budget_seconds=None,
        tasks=tasks,
        margin=margin,
        repeats=max((task.seeds for task in tasks.values()), default=1),
        joint=joints(state.taskset, served, held, seed=seed),
        model=_size(model),
        controls=_size(other) if other else None,
        timing=Timing(latency=_latency(state, model, other)),
    )
    return {"report": to_json(with_cut(report, cut_rows(state, parts, loaded)))}


def _load(state: State, handles: set[str]) -> dict[str, Part]:
    return {handle: _load_one(state, handle) for handle in sorted(handles)}


def _load_one(state: State, handle: str) -> Part:
    from polytask.learning.model import load_part

    return load_part(state.folder.parts / handle / "part")


def _model(state: State, routing: Mapping[str, str], loaded: Mapping[str, Part]) -> Model:
    from polytask.learning.model import Model

    parts = {handle: loaded[handle] for handle in dict.fromkeys(routing.values())}
    decisions = {task: _decide_on_dev(state, task, part) for task, part in routing.items()}
    tasks = {task: state.taskset[task] for task in routing}
    return Model(parts=parts, routing=dict(routing), decisions=decisions, tasks=tasks)


def _decide_on_dev(state: State, task: str, part: str) -> Decisions:
    return _dev(state, task, part).decisions()


def _dev(state: State, task: str, part: str) -> scoring.Judged:
    scored = scoring.load(state.folder.parts / part / "dev.safetensors")[task]
    return scoring.judged(state.taskset, task, "dev", scored)


def _wanted(
    parts: Mapping[str, str], controls: Mapping[str, str], repeats: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """By part, repeats included, the tasks that it must answer."""
    wanted: dict[str, list[str]] = {}
    for task, part in (*parts.items(), *controls.items()):
        for handle in (part, *repeats.get(part, ())):
            if task not in wanted.setdefault(handle, []):
                wanted[handle].append(task)
    return wanted


def _test_scores(
    state: State, wanted: Mapping[str, Sequence[str]], loaded: Mapping[str, Part]
) -> dict[tuple[str, str], scoring.Scored]:
    """Test scores by part and task: one pass of a part over each table with a fixed split.

    Repeats are not among the `loaded`: each is read, used and let go, so that memory does not grow
    with seeds.
    """
    found: dict[tuple[str, str], scoring.Scored] = {}
    for part, tasks in wanted.items():
        state.emit({"event": "note", "text": f"scoring {', '.join(tasks)} on test rows"})
        stored = state.folder.parts / part / "test.safetensors"
        folded = [t for t in tasks if state.taskset.folds([t]) > 1]
        fixed = [t for t in tasks if t not in folded]
        scores = scoring.load(stored) if folded else {}
        if fixed:
            answering = loaded[part] if part in loaded else _load_one(state, part)
            scores |= scoring.score_rows(answering, state.taskset.test(fixed), fixed)
        found |= {(part, task): scores[task] for task in tasks if task in scores}
    return found


def _arm(
    state: State,
    task: str,
    parts: Sequence[str],
    scores: Mapping[tuple[str, str], scoring.Scored],
    decisions: Decisions,
) -> Arm:
    """The arm of the first of `parts`, which `decisions` belong to; the others are its repeats."""
    part = parts[0]
    facts = json.loads((state.folder.parts / part / "facts.json").read_text(encoding="utf-8"))
    splits = state.taskset.tables[state.taskset[task].table].splits
    answers, *repeats = (
        answered(
            scoring.judged(state.taskset, task, "test", scores[handle, task]),
            _dev(state, task, handle),
            splits,
        )
        for handle in parts
    )
    return Arm(
        part,
        facts["recipe"],
        facts["passes"].get(task),
        facts["dev"][task],
        answers,
        decisions,
        tuple(repeats),
    )


def _size(model: Model) -> ModelReport:
    parts = tuple(
        PartReport(name, part.recipe, tuple(part.tasks), part.parameters, part.bytes)
        for name, part in model.parts.items()
    )
    return ModelReport(
        sum(part.parameters for part in parts), sum(part.bytes for part in parts), parts
    )


def _latency(state: State, model: Model, other: Model | None) -> Latency:
    def measure(found: Model | None) -> float | None:
        if found is None or set(found.tasks) != set(model.tasks):
            return None
        return sum(
            found.latency(rows.inputs.take(range(min(len(rows), 16))), list(rows.targets))
            for rows in state.taskset.fold(list(model.tasks)).dev.values()
        )

    return Latency(measure(model), measure(other))
