"""From answers on test rows to what the report says of each task."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from polytask.evaluation.certificate import certify
from polytask.evaluation.decisions import coverage
from polytask.evaluation.interval import Pair, interval, share, units
from polytask.evaluation.metrics import (
    classes,
    confusion,
    floor,
    joint_right,
    metric,
    residuals,
    right,
    summary,
    unseen,
)
from polytask.evaluation.report import Control, DecisionReport, Estimate, Joint, Mistake, TaskReport
from polytask.evaluation.report.preview import preview, thumbnail
from polytask.workflow import scoring

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.evaluation.certificate import Verdict
    from polytask.evaluation.prediction import Decisions, Prediction
    from polytask.tasks.task import Target, Task, TaskSet

_WORST = 12
_PREVIEW = 300
FAILURES = (ValueError, ArithmeticError, LookupError)
"""What an evaluation may raise on rows that are out of the ordinary."""


@dataclass(frozen=True)
class Arm:
    """One way of answering a task: the handle of its part, its recipe, and its answers on test.

    `repeats` are the answers of the same training with other seeds: they widen or narrow what is
    said of value and gain, all else is that of the part itself.
    """

    part: str
    recipe: str
    passes: float | None
    dev: float
    answers: Prediction
    decisions: Decisions
    repeats: tuple[Prediction, ...] = ()

    @property
    def runs(self) -> list[Prediction]:
        """The answers of every seed, those of the part itself first."""
        return [self.answers, *self.repeats]


def assess(
    taskset: TaskSet,
    served: Mapping[str, Arm],
    controls: Mapping[str, Arm],
    *,
    margin: float,
    seed: int,
) -> dict[str, TaskReport]:
    """The report of every task; an evaluation that fails is a record, not the end of the run."""
    truths = {task: scoring.targets(taskset, task, "test") for task in served}
    pairs = {
        task: Pair(
            taskset[task],
            truths[task][0],
            arm.runs,
            controls[task].runs,
            group_of(taskset, task, truths[task][1]),
        )
        for task, arm in served.items()
        if task in controls and controls[task].part != arm.part and truths[task][0]
    }
    verdicts, found = _certified(pairs, margin, seed)
    for task, arm in served.items():
        if task in found:
            continue
        try:
            found[task] = _task(taskset, task, arm, controls.get(task), verdicts.get(task), seed)
        except FAILURES as error:
            found[task] = failure(taskset[task], error)
    return {task: found[task] for task in served}


def failure(task: Task, error: Exception) -> TaskReport:
    """The record of an evaluation that failed."""
    reason = f"{type(error).__name__}: {error}"
    return TaskReport(task.kind, task.metric, status="failed", reason=reason)


def _certified(
    pairs: Mapping[str, Pair], margin: float, seed: int
) -> tuple[dict[str, Verdict], dict[str, TaskReport]]:
    """The verdicts of the tasks that can be compared, and the records of the others."""
    try:
        return certify(pairs, margin=margin, seed=seed), {}
    except FAILURES:
        failed = {}
        for name, pair in pairs.items():
            try:
                certify({name: pair}, margin=margin, seed=seed)
            except FAILURES as error:
                failed[name] = failure(pair.task, error)
        if not failed:
            raise
    sound = {name: pair for name, pair in pairs.items() if name not in failed}
    return certify(sound, margin=margin, seed=seed), failed


def _task(
    taskset: TaskSet,
    name: str,
    arm: Arm,
    control: Arm | None,
    verdict: Verdict | None,
    seed: int,
) -> TaskReport:
    task = taskset[name]
    table = taskset.tables[task.table]
    truth, positions = scoring.targets(taskset, name, "test")
    train = [t for t in table.frame[name].filter(table.final == "train").to_list() if t is not None]
    if not truth:
        return TaskReport(task.kind, task.metric, status="failed", reason="there are no test rows")
    groups = group_of(taskset, name, positions)
    unit = units(groups)
    value = interval(task, truth, arm.runs, groups=groups, seed=seed)
    apart = control is not None and control.part == arm.part
    return TaskReport(
        kind=task.kind,
        metric=task.metric,
        higher_is_better=metric(task.metric).higher_is_better,
        n_train=len(train),
        n_dev=len(scoring.targets(taskset, name, "dev")[0]),
        n_test=len(truth),
        folds=table.folds,
        group=table.group,
        groups=None if unit is None else int(unit.max()) + 1,
        value=value.value,
        low=value.low,
        high=value.high,
        seeds=len(arm.runs),
        floor=floor(task, train, truth),
        control=_control(task, truth, control, groups, seed),
        gain=Estimate(verdict.gain.value, verdict.gain.low, verdict.gain.high) if verdict else None,
        verdict=verdict.verdict if verdict else "apart" if apart else "",
        p=verdict.p if verdict else None,
        rows_needed=verdict.rows_needed if verdict else None,
        margin=verdict.margin if verdict else None,
        recipe=arm.recipe,
        part=arm.part,
        passes=arm.passes,
        dev=arm.dev,
        metrics=summary(task, truth, arm.answers),
        control_metrics=summary(task, truth, control.answers) if control else {},
        classes=classes(task, truth, arm.answers),
        confusion=confusion(task, truth, arm.answers),
        residuals=residuals(task, truth, arm.answers),
        worst=worst(taskset, name, truth, positions, arm.answers),
        decisions=_decisions(task, truth, arm),
        unseen=unseen(task, truth),
        language=table.language,
        inputs=tuple(column.name for column in task.inputs),
        why=task.reason,
    )


def _control(
    task: Task,
    truth: Sequence[Target],
    control: Arm | None,
    groups: list[object] | None,
    seed: int,
) -> Control | None:
    if control is None:
        return None
    value = interval(task, truth, control.runs, groups=groups, seed=seed)
    return Control(
        control.recipe, value.value, value.low, value.high, control.passes, len(control.runs)
    )


def group_of(taskset: TaskSet, name: str, positions: np.ndarray) -> list[object] | None:
    """The group (patient, author, …) of each row, where rows were grouped when split."""
    table = taskset.tables[taskset[name].table]
    return [table.groups[i] for i in positions] if table.groups else None


def _decisions(task: Task, truth: Sequence[Target], arm: Arm) -> DecisionReport:
    decisions = arm.decisions
    found = None if task.kind == "regression" else coverage(task, truth, arm.answers)
    thresholds = dict(zip(task.labels, decisions.thresholds, strict=False))
    return DecisionReport(
        temperature=decisions.temperature,
        thresholds=thresholds,
        sure_from=decisions.sure_from,
        error_rate=decisions.error_rate,
        coverage=found.coverage if found else None,
        error=found.error if found else None,
    )


def joints(
    taskset: TaskSet, served: Mapping[str, Arm], controls: Mapping[str, Arm], *, seed: int
) -> tuple[Joint, ...]:
    """For each table with several tasks, the share of test rows on which all of them are right."""
    found = []
    for table in taskset.tables.values():
        tasks = [taskset[n] for n in served if taskset[n].table == table.name]
        if len([task for task in tasks if task.kind != "regression"]) < 2:
            continue
        rows = _common_rows(taskset, tasks)
        if not len(rows):
            continue
        mine = _joint_right(taskset, tasks, served, rows)
        other = None
        if all(task.name in controls for task in tasks):
            other = float(_joint_right(taskset, tasks, controls, rows).mean())
        value = share(mine, groups=group_of(taskset, tasks[0].name, rows), seed=seed)
        names = tuple(task.name for task in tasks)
        found.append(Joint(table.name, names, len(rows), value.value, value.low, value.high, other))
    return tuple(found)


def _common_rows(taskset: TaskSet, tasks: Sequence[Task]) -> np.ndarray:
    """The test rows that have a target of every task, ascending."""
    rows = [set(scoring.targets(taskset, task.name, "test")[1].tolist()) for task in tasks]
    return np.array(sorted(set.intersection(*rows)), dtype=np.int64)


def _joint_right(
    taskset: TaskSet, tasks: Sequence[Task], arms: Mapping[str, Arm], rows: np.ndarray
) -> np.ndarray:
    truth: dict[str, list[Target | None]] = {}
    answers = {}
    for task in tasks:
        targets, positions = scoring.targets(taskset, task.name, "test")
        place = {int(p): i for i, p in enumerate(positions)}
        index = [place[row] for row in rows.tolist()]
        truth[task.name] = [targets[i] for i in index]
        answers[task.name] = _take(arms[task.name].answers, index)
    return joint_right(tasks, truth, answers)


def _take(found: Prediction, index: Sequence[int]) -> Prediction:
    from polytask.evaluation.prediction import Prediction

    chosen = list(index)
    labels = [found.labels[i] for i in chosen]
    return Prediction(labels, found.confidence[chosen], found.sure[chosen])


def worst(
    taskset: TaskSet,
    name: str,
    truth: Sequence[Target],
    positions: np.ndarray,
    answers: Prediction,
) -> tuple[Mistake, ...]:
    """The surest wrong answers, or for regression the largest residuals."""
    task = taskset[name]
    if task.kind == "regression":
        far = np.abs(np.asarray(truth, dtype=float) - np.asarray(answers.labels, dtype=float))
        order = np.argsort(-far, kind="stable")[:_WORST]
    else:
        wrong = np.flatnonzero(~right(task, truth, answers))
        order = wrong[np.argsort(-answers.confidence[wrong], kind="stable")][:_WORST]
    return tuple(_mistake(taskset, task, int(i), truth, positions, answers) for i in order)


def _mistake(
    taskset: TaskSet,
    task: Task,
    i: int,
    truth: Sequence[Target],
    positions: np.ndarray,
    answers: Prediction,
) -> Mistake:
    row = taskset.tables[task.table].frame.row(int(positions[i]), named=True)
    texts = [row[c.name] for c in task.inputs if c.modality == "text"]
    images = [row[c.name] for c in task.inputs if c.modality == "image"]
    confidence = None if task.kind == "regression" else float(answers.confidence[i])
    return Mistake(
        input=preview(texts),
        target=_shown(truth[i]),
        answer=_shown(answers.labels[i]),
        confidence=confidence,
        image=_thumbnail(images[0]) if images else "",
        row=int(positions[i]),
    )


def _thumbnail(image: bytes | str) -> str:
    return thumbnail(image if isinstance(image, bytes) else Path(image))


def _shown(value: Target) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= _PREVIEW else f"{text[:_PREVIEW]}…"
