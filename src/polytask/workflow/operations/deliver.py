"""Make the model, open the test split once, measure."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from polytask.evaluation.report import Latency, ModelReport, PartReport, Report, Timing
from polytask.evaluation.report.storing import to_json
from polytask.workflow import consulting, scoring
from polytask.workflow.answering import answered
from polytask.workflow.assessing import FAILURES, Arm, assess, failure, joints
from polytask.workflow.cutting import cut_rows, with_cut
from polytask.workflow.folder import saving
from polytask.workflow.operations.attach import attach, said_of
from polytask.workflow.operations.cost import row_times
from polytask.workflow.programming import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.evaluation.prediction import Decisions, Prediction
    from polytask.evaluation.report import TaskReport
    from polytask.learning.model import Model
    from polytask.learning.part import Part
    from polytask.workflow.state import State


def deliver(
    state: State,
    parts: Mapping[str, str],
    controls: Mapping[str, str],
    repeats: Mapping[str, Sequence[str]] = {},
    weighed: bool = False,
    rivals: Mapping[str, str] = {},
) -> dict[str, Any]:
    """Save the model made of `parts` and measure it and the controls on the test rows.

    Args:
        state: The worker's state.
        parts: By task the handle of the part that answers it.
        controls: By task the handle of its best single-task part; may lack tasks.
        repeats: By handle of a part the handles of the same training with other seeds.
        weighed: Whether the time of one row counted, which is then measured on the model.
        rivals: By task with a program that competes the handle of the part that it must beat.

    Returns:
        `{"report": text, "parts": …}`: the measured part of a report, as `report.json` writes it,
        and by task what answers it.
    """
    trained = {task: part for task, part in parts.items() if not part.startswith(PREFIX)}
    programs = [part for part in parts.values() if part.startswith(PREFIX)]
    loaded = _load(state, {*trained.values(), *controls.values(), *rivals.values()})
    opponents = {task: (part, loaded[part]) for task, part in rivals.items()}
    whole = attach(state, _model(state, trained, loaded), parts, opponents)
    parts = {task: whole.routing[task] for task in parts}
    loaded |= {part: whole.parts[part] for part in parts.values()}
    model = whole.merged()
    with saving(state.folder.path):
        shutil.rmtree(state.folder.model, ignore_errors=True)
        model.save(state.folder.model)
    # One model a task: what a user would have without sharing, encoders and all.
    other = _model(state, controls, loaded) if controls else None
    scores = _test_scores(state, _wanted(parts, controls, repeats), loaded)
    with saving(state.folder.path):
        consulting.keep(model, state.folder.model)
    served, failed = _arms(state, parts, model.decisions, repeats, scores)
    held, unheld = _arms(state, controls, other.decisions if other else {}, repeats, scores)
    seed, margin = int(state.settings["seed"]), float(state.settings["margin"])
    failed = unheld | failed
    sound = {task: arm for task, arm in served.items() if task not in failed}
    tasks = failed | assess(state.taskset, sound, held, margin=margin, seed=seed)
    tasks = {task: _with(state, task, parts, tasks[task]) for task in tasks}
    sound = {task: arm for task, arm in sound.items() if tasks[task].status == "ok"}
    report = Report(
        seed=seed,
        findings=said_of(state, programs),
        budget_seconds=None,
        tasks={task: tasks[task] for task in parts},
        margin=margin,
        repeats=max((task.seeds for task in tasks.values()), default=1),
        joint=joints(state.taskset, sound, held, seed=seed),
        model=size(model),
        controls=size(other) if other else None,
        timing=Timing(latency=_latency(state, model, other, weighed=weighed)),
    )
    cut = cut_rows(state, parts, loaded)
    return {"report": to_json(with_cut(report, cut)), "parts": parts}


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
) -> dict[tuple[str, str], scoring.Scored | Exception]:
    """Test scores by part and task, or why there are none: a part runs once over each table.

    Repeats are not among the `loaded`: each is read, used and let go, so that memory does not grow
    with seeds.
    """
    found: dict[tuple[str, str], scoring.Scored | Exception] = {}
    for part, tasks in wanted.items():
        state.emit({"event": "note", "text": f"scoring {', '.join(tasks)} on test rows"})
        stored = state.folder.parts / part / "test.safetensors"
        folded = [t for t in tasks if state.taskset.folds([t]) > 1]
        fixed = [t for t in tasks if t not in folded]
        scores = scoring.load(stored) if folded else {}
        found |= {(part, task): scores[task] for task in folded}
        if fixed:
            answering = loaded[part] if part in loaded else _load_one(state, part)
            found |= {
                (part, task): scored for task, scored in _fixed(state, answering, fixed).items()
            }
    return found


def _fixed(state: State, part: Part, tasks: Sequence[str]) -> dict[str, scoring.Scored | Exception]:
    try:
        found = scoring.score_rows(part, state.taskset.test(tasks), tasks)
    except FAILURES as error:
        return dict.fromkeys(tasks, error)
    missing = LookupError("there are no test rows")
    return {task: found.get(task, missing) for task in tasks}


def _arms(
    state: State,
    routing: Mapping[str, str],
    decisions: Mapping[str, Decisions],
    repeats: Mapping[str, Sequence[str]],
    scores: Mapping[tuple[str, str], scoring.Scored | Exception],
) -> tuple[dict[str, Arm], dict[str, TaskReport]]:
    """The arm of every task of `routing`, and the records of those that could not be answered."""
    arms: dict[str, Arm] = {}
    failed: dict[str, TaskReport] = {}
    for task, part in routing.items():
        try:
            runs = [_answers(state, task, p, scores) for p in (part, *repeats.get(part, ()))]
        except FAILURES as error:
            failed[task] = failure(state.taskset[task], error)
        else:
            arms[task] = _arm(state, task, part, runs, decisions[task])
    return arms, failed


def _answers(
    state: State,
    task: str,
    part: str,
    scores: Mapping[tuple[str, str], scoring.Scored | Exception],
) -> Prediction:
    scored = scores[part, task]
    if isinstance(scored, Exception):
        raise scored
    test = scoring.judged(state.taskset, task, "test", scored)
    splits = state.taskset.tables[state.taskset[task].table].splits
    return answered(test, _dev(state, task, part), splits)


def _arm(
    state: State, task: str, part: str, runs: Sequence[Prediction], decisions: Decisions
) -> Arm:
    """The arm of `part`, whose own answers and `decisions` come first; the others are repeats."""
    facts = _facts(state, part)
    return Arm(
        part,
        facts["recipe"],
        facts["passes"].get(task),
        facts["dev"][task],
        runs[0],
        decisions,
        tuple(runs[1:]),
    )


def size(model: Model) -> ModelReport:
    """What a report says of the size of a model."""
    parts = tuple(
        PartReport(name, part.recipe, tuple(part.tasks), part.parameters, part.bytes)
        for name, part in model.parts.items()
    )
    return ModelReport(
        sum(part.parameters for part in parts), sum(part.bytes for part in parts), parts
    )


def _with(state: State, task: str, parts: Mapping[str, str], found: TaskReport) -> TaskReport:
    """The report of a task with what its part learned beside or before it and does not answer."""
    facts = _facts(state, parts[task])
    learned = facts["tasks"] if found.passes is not None else []  # else nothing together
    before = _facts(state, facts["start"])["tasks"] if "start" in facts else []
    others = [name for name in (*learned, *before) if parts.get(name) != parts[task]]
    return replace(found, learned_with=tuple(dict.fromkeys(others)))


def _facts(state: State, part: str) -> dict[str, Any]:
    path = state.folder.parts / part / "facts.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _latency(state: State, model: Model, other: Model | None, *, weighed: bool) -> Latency:
    names = [name for name in model.tasks if name not in state.taskset.unmeasured]

    def measure(found: Model | None) -> float | None:
        if found is None or not set(names) <= set(found.tasks):
            return None
        return sum(
            found.latency(rows.inputs.take(range(min(len(rows), 16))), list(rows.targets))
            for rows in state.taskset.fold(names).dev.values()
        )

    row = max(row_times(state.taskset, model, names).values(), default=None) if weighed else None
    return Latency(measure(model), measure(other), row)
