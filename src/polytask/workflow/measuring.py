"""The report of a model that has grown: what was added, measured, beside what was known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from polytask.evaluation.report import Finding, ModelReport, PartReport, Report
from polytask.workflow import warning
from polytask.workflow.assessing import FAILURES, assess, failure
from polytask.workflow.cutting import on_test, with_cut
from polytask.workflow.doubts import Seen
from polytask.workflow.operations.deliver import size
from polytask.workflow.trying import arm

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from polytask.evaluation.report import TaskReport
    from polytask.learning.encoders.marks import Cut
    from polytask.learning.model import Model
    from polytask.learning.part import Part
    from polytask.workflow.assessing import Arm
    from polytask.workflow.result import Result
    from polytask.workflow.state import State
    from polytask.workflow.trying import Tried, Tries


def measure(state: State, old: Result, model: Model, tried: Mapping[str, Tries]) -> Report:
    """The report of the grown model: old tasks as they were, new ones on their test rows.

    Args:
        state: Folder (with the grown model), settings, the new tasks.
        old: The run that was added to.
        model: Its model.
        tried: By new task what was tried.
    """
    from polytask.learning.model import Model

    before = old.report
    new = with_cut(
        Report(before.seed, None, tasks=_assessed(state, tried)),
        {task: _cut(state, task, found.served.part) for task, found in tried.items()},
    )
    findings = (
        Finding(f.code, f.message, f.where, f.count, f.severity) for f in state.taskset.findings
    )
    seconds = {name: spent for found in tried.values() for name, spent in found.seconds.items()}
    report = replace(
        before,
        tasks={**before.tasks, **new.tasks},
        model=size(Model.load(state.folder.model)),
        controls=_controls(before, tried),
        candidates=(*before.candidates, *(c for f in tried.values() for c in f.candidates)),
        findings=(*before.findings, *findings, *new.findings),
        timing=replace(before.timing, candidates={**before.timing.candidates, **seconds}),
    )
    figures = set(warning.of_figures(before))
    warnings = (
        *(text for text in before.warnings if text not in figures),
        *warning.of_figures(report),
        *new.warnings,
        *_read_before(state, old, model, tried),
        *(note for found in tried.values() for note in found.served.notes),
    )
    return replace(report, warnings=tuple(dict.fromkeys(warnings)))


def _assessed(state: State, tried: Mapping[str, Tries]) -> dict[str, TaskReport]:
    served: dict[str, Arm] = {}
    controls: dict[str, Arm] = {}
    failed: dict[str, TaskReport] = {}
    for task, found in tried.items():
        try:
            served[task] = arm(state, found.served)
            if found.control is not None:
                same = found.control is found.served
                controls[task] = served[task] if same else arm(state, found.control)
        except FAILURES as error:
            failed[task] = failure(state.taskset[task], error)
    sound = {task: one for task, one in served.items() if task not in failed}
    seed, margin = int(state.settings["seed"]), float(state.settings["margin"])
    done = failed | assess(state.taskset, sound, controls, margin=margin, seed=seed)
    return {task: done[task] for task in tried}


def _controls(before: Report, tried: Mapping[str, Tries]) -> ModelReport | None:
    """The size of all controls together; `None` where an old or a new task has none."""
    alone = {task: found.control for task, found in tried.items()}
    if before.controls is None:
        return None
    parts = [*before.controls.parts]
    for task, control in alone.items():
        if control is None:
            return None
        parts.append(_part_of(task, control))
    return ModelReport(sum(p.parameters for p in parts), sum(p.bytes for p in parts), tuple(parts))


def _part_of(task: str, tried: Tried) -> PartReport:
    part = tried.part
    return PartReport(tried.handle, tried.recipe, (task,), part.parameters, part.bytes)


def _cut(state: State, task: str, part: Part) -> dict[str, dict[str, int]]:
    """How many rows of the new `task` its part did not read whole, by split."""
    every: Cut = getattr(part, "cut", {})
    found = {split: dict(counts) for split, counts in every.get(task, {}).items()}
    encoder = getattr(part, "encoder", None)
    table = state.taskset[task].table
    # With folds all rows are training rows of the delivered part.
    if encoder is not None and state.taskset.folds([task]) == 1:
        rows = on_test(state, encoder, table, [task]).get(task, {})
        found |= {split: dict(counts) for split, counts in rows.items()}
    return found


def _read_before(
    state: State, old: Result, model: Model, tried: Mapping[str, Tries]
) -> Iterator[str]:
    """A line on the test rows that a trained encoder has read when it learned the old tasks."""
    from polytask.learning.growing import host

    seen: Seen | None = None
    for task, found in tried.items():
        name = host(model, found.served.part)
        passes = getattr(model.parts[name], "passes", {}) if name else {}
        rows = state.taskset.test([task]).get(state.taskset[task].table)
        if not passes or rows is None:
            continue
        seen = seen or Seen(old.path, "the model")
        yield from seen.also(list(passes), task, rows.inputs)
