"""Rows that the delivered parts do not read as they are: counted, and said in the report."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from polytask.evaluation.report import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from polytask.evaluation.report import Report, TaskReport
    from polytask.learning.encoders.encoder import Encoder
    from polytask.learning.encoders.marks import Cut
    from polytask.learning.part import Part
    from polytask.workflow.state import State

_SAID = {
    "truncated": "inputs longer than the encoder reads were cut: {}",
    "windowed": "token lists longer than the encoder reads were answered in windows: {}",
    "unreadable": "images that cannot be decoded count as blank: {}; mend or remove them",
}
_WARNED = {
    "truncated": "Inputs longer than the encoder reads were cut",
    "unreadable": "Images that cannot be decoded count as blank",
}


def cut_rows(state: State, parts: Mapping[str, str], loaded: Mapping[str, Part]) -> Cut:
    """How many labelled rows of each task its part does not read as they are, by split.

    Training and dev rows were counted when the part was trained; test rows are counted here, once
    for all tasks of a table whose encoders prepare rows alike.

    Args:
        state: The worker's state.
        parts: By task the handle of the part that answers it.
        loaded: The parts by handle.
    """
    found: Cut = {}
    alike: dict[tuple[str, str], list[str]] = {}
    encoders = {}
    for task, handle in parts.items():
        path = state.folder.parts / handle / "facts.json"
        found[task] = json.loads(path.read_text(encoding="utf-8")).get("cut", {}).get(task, {})
        encoder = getattr(loaded[handle], "encoder", None)
        # With folds all rows are training rows of the delivered part.
        if encoder is not None and state.taskset.folds([task]) == 1:
            encoders[encoder.signature()] = encoder
            table = state.taskset[task].table
            alike.setdefault((encoder.signature(), table), []).append(task)
    for (signature, table), tasks in alike.items():
        for task, splits in on_test(state, encoders[signature], table, tasks).items():
            found[task] |= splits
    return {task: splits for task, splits in found.items() if splits}


def with_cut(report: Report, cut: Cut) -> Report:
    """The report with the counts at its tasks, a finding for each, and warnings of the worse."""
    totals = {task: _totals(splits) for task, splits in cut.items()}
    tasks = {name: _counted(task, totals.get(name, {})) for name, task in report.tasks.items()}
    findings = [
        _finding(task, mark, count, cut[task])
        for task, counts in totals.items()
        for mark, count in counts.items()
    ]
    warnings = []
    for mark, said in _WARNED.items():
        told = [f"{task} {counts[mark]:,}" for task, counts in totals.items() if mark in counts]
        if told:
            warnings.append(f"{said} (rows by task: {', '.join(told)})")
    return replace(
        report,
        tasks=tasks,
        findings=(*report.findings, *findings),
        warnings=(*report.warnings, *warnings),
    )


def _counted(task: TaskReport, counts: Mapping[str, int]) -> TaskReport:
    return replace(
        task,
        truncated=counts.get("truncated", 0),
        windowed=counts.get("windowed", 0),
        unreadable=counts.get("unreadable", 0),
    )


def on_test(state: State, encoder: Encoder, table: str, tasks: list[str]) -> Cut:
    """How many labelled test rows of `tasks`, all on one table, `encoder` does not read whole."""
    from polytask.learning.encoders.marks import tally

    rows = state.taskset.test(tasks)[table]
    return tally([("test", rows, encoder.prepare(rows.inputs).marked)])


def _totals(splits: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for counts in splits.values():
        for mark, count in counts.items():
            found[mark] = found.get(mark, 0) + count
    return found


def _finding(task: str, mark: str, count: int, splits: Mapping[str, Mapping[str, int]]) -> Finding:
    by_split = ", ".join(
        f"{counts[mark]:,} in {split}" for split, counts in splits.items() if mark in counts
    )
    severity = "warning" if mark in _WARNED else "info"
    return Finding(mark, _SAID[mark].format(by_split), task, count, severity)
