"""The report of a model that has grown: what is new or changed, measured, beside what stays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from polytask.evaluation.report import Finding, ModelReport, PartReport, Report, with_sentences
from polytask.workflow import warning
from polytask.workflow.assessing import FAILURES, assess, failure
from polytask.workflow.cutting import on_test, with_cut
from polytask.workflow.doubts import Seen
from polytask.workflow.operations.deliver import size
from polytask.workflow.trying import arm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from polytask.evaluation.report import Candidate, TaskReport
    from polytask.learning.encoders.marks import Cut
    from polytask.learning.part import Part
    from polytask.workflow.assessing import Arm
    from polytask.workflow.growing import Growth
    from polytask.workflow.state import State
    from polytask.workflow.trying import Tried


def measure(growth: Growth, command: str, seconds: float) -> Report:
    """The report of the grown model, which is written already; opens the test split.

    New tasks are held against the best quick model alone, old ones that changed hands against the
    model before; all others stay as they were measured.

    Args:
        growth: What was tried and decided.
        command: The command that does the same again.
        seconds: How long it took until now.
    """
    from polytask.learning.model import Model

    growth.state.emit(
        {"event": "phase", "text": "opening the test split of what was learned, once"}
    )

    before, served, state = growth.old.report, growth.served, growth.state
    cut = {task: _cut(state, task, one.part) for task, one in served.items()}
    new = with_cut(Report(before.seed, None, tasks=_assessed(growth)), cut)
    findings = (
        Finding(f.code, f.message, f.where, f.count, f.severity) for f in state.taskset.findings
    )
    candidates = _candidates(growth)
    spent = {one.candidate.name: round(one.seconds, 3) for one in growth.attempts}
    timing = replace(
        before.timing,
        total=(before.timing.total or 0.0) + round(seconds, 3),
        candidates={**before.timing.candidates, **spent},
    )
    report = replace(
        before,
        tasks={**before.tasks, **new.tasks},
        joint=tuple(one for one in before.joint if not set(one.tasks) & set(served)),
        model=size(Model.load(state.folder.model)),
        controls=_controls(growth),
        candidates=(*before.candidates, *candidates),
        findings=tuple(dict.fromkeys((*before.findings, *findings, *new.findings))),
        said=(*before.said, *growth.said),
        command=command,
        front=None if served else before.front,  # it was that of another model
        # How fast the whole answers is not known without its old rows.
        timing=replace(timing, latency=None, front={}) if served else timing,
    )
    warnings = tuple(dict.fromkeys(_warnings(growth, report, new.warnings)))
    return with_sentences(replace(report, warnings=warnings))


def _assessed(growth: Growth) -> dict[str, TaskReport]:
    state = growth.state
    served: dict[str, Arm] = {}
    controls: dict[str, Arm] = {}
    failed: dict[str, TaskReport] = {}
    for task, one in growth.served.items():
        rival = growth.held.get(task, growth.controls.get(task))
        try:
            served[task] = arm(state, one)
            if rival is not None:
                controls[task] = served[task] if rival is one else arm(state, rival)
        except FAILURES as error:
            failed[task] = failure(state.taskset[task], error)
    sound = {task: one for task, one in served.items() if task not in failed}
    seed, margin = int(state.settings["seed"]), float(state.settings["margin"])
    done = failed | assess(state.taskset, sound, controls, margin=margin, seed=seed)
    return {task: done[task] for task in growth.served}


def _candidates(growth: Growth) -> list[Candidate]:
    """What was tried, with what it answers and whose control it is."""
    return [
        replace(
            one.candidate,
            chosen=_named(growth.served, one.handle),
            control=_named(growth.controls, one.handle),
        )
        for one in growth.attempts
    ]


def _named(found: dict[str, Tried], handle: str) -> tuple[str, ...]:
    return tuple(task for task, one in found.items() if one.handle == handle)


def _controls(growth: Growth) -> ModelReport | None:
    """The size of all controls together; `None` where an old or a new task has none."""
    before = growth.old.report
    new = [task for task in growth.served if task not in before.tasks]
    if before.controls is None or not set(new) <= set(growth.controls):
        return None
    parts = [*before.controls.parts]
    for task in new:
        one = growth.controls[task]
        sizes = one.part.parameters, one.part.bytes
        parts.append(PartReport(one.handle, one.recipe, (task,), *sizes))
    return ModelReport(sum(p.parameters for p in parts), sum(p.bytes for p in parts), tuple(parts))


def _cut(state: State, task: str, part: Part) -> dict[str, dict[str, int]]:
    """How many rows of `task` its part did not read whole, by split."""
    every: Cut = getattr(part, "cut", {})
    found = {split: dict(counts) for split, counts in every.get(task, {}).items()}
    encoder = getattr(part, "encoder", None)
    table = state.taskset[task].table
    # With folds all rows are training rows of the delivered part.
    if encoder is not None and state.taskset.folds([task]) == 1:
        rows = on_test(state, encoder, table, [task]).get(task, {})
        found |= {split: dict(counts) for split, counts in rows.items()}
    return found


def _warnings(growth: Growth, report: Report, more: tuple[str, ...]) -> Iterator[str]:
    figures = set(warning.of_figures(growth.old.report))
    yield from (text for text in growth.old.report.warnings if text not in figures)
    # What is held against the model before needs no control that was tuned as hard.
    fair = [
        replace(one, chosen=tuple(task for task in one.chosen if task not in growth.held))
        for one in report.candidates
    ]
    yield from warning.of_figures(replace(report, candidates=tuple(fair)))
    yield from more
    yield from _read_before(growth)
    for one in growth.served.values():
        yield from one.notes


def _read_before(growth: Growth) -> Iterator[str]:
    """A line on the test rows that a trained encoder has read when it learned the old tasks."""
    from polytask.learning.growing import host

    seen: Seen | None = None
    for task, one in growth.served.items():
        name = host(growth.old.model, one.part)
        passes = getattr(growth.old.model.parts[name], "passes", {}) if name else {}
        rows = growth.state.taskset.test([task]).get(growth.state.taskset[task].table)
        others = [other for other in passes if other != task]
        if others and rows is not None:
            seen = seen or Seen(growth.old.path, "the model")
            yield from seen.also(others, task, rows.inputs)
