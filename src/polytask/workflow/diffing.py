"""Two runs side by side: plans, options, results, candidates."""

from __future__ import annotations

import difflib
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from polytask.workflow.result import Result

if TYPE_CHECKING:
    from pathlib import Path

    from polytask.evaluation.report import Report, TaskReport


@dataclass(frozen=True)
class Side:
    """A task in one of two runs; figures on that run's test rows."""

    value: float | None
    low: float | None
    high: float | None
    n_test: int
    recipe: str
    verdict: str
    learned_with: tuple[str, ...] = ()


@dataclass(frozen=True)
class TaskDiff:
    """A task in two runs.

    Args:
        name: The task.
        metric: Its primary metric (of the first run that has it).
        first: In the first run; `None` where that run lacks it.
        second: In the second.
    """

    name: str
    metric: str
    first: Side | None
    second: Side | None


@dataclass(frozen=True)
class Diff:
    """What differs between two runs.

    Args:
        plan: Unified diff of the plans, a line each; empty when equal.
        settings: By name what the options were in both; those that differ.
        tasks: Every task of either run.
        parameters: Of the models delivered.
        seconds: What the runs took.
        only_first: Names of candidates that only the first run trained.
        only_second: Those of the second.
    """

    plan: list[str]
    settings: dict[str, tuple[str, str]]
    tasks: list[TaskDiff]
    parameters: tuple[int | None, int | None]
    seconds: tuple[float | None, float | None]
    only_first: list[str] = field(default_factory=list)
    only_second: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        return asdict(self)


def diff(first: str | Path, second: str | Path) -> Diff:
    """Compare two finished runs by their reports.

    Each figure is of its own run's test rows: which model is better on the same rows, with an
    interval, is what `workflow.evaluating.compare` says.

    Raises:
        OutputError: No finished run stands in one of the folders.
    """
    one, two = Result.load(first).report, Result.load(second).report
    ours, theirs = _trained(one), _trained(two)
    return Diff(
        plan=_plans(one, two, str(first), str(second)),
        settings=_settings(one, two),
        tasks=[_task(name, one, two) for name in dict.fromkeys([*one.tasks, *two.tasks])],
        parameters=(
            one.model.parameters if one.model else None,
            two.model.parameters if two.model else None,
        ),
        seconds=(one.timing.total, two.timing.total),
        only_first=[name for name in ours if name not in theirs],
        only_second=[name for name in theirs if name not in ours],
    )


def _trained(report: Report) -> list[str]:
    return [one.name for one in report.candidates if one.status == "done"]


def _plans(one: Report, two: Report, first: str, second: str) -> list[str]:
    ours, theirs = (report.plan.text if report.plan else "" for report in (one, two))
    names = (f"{first}/plan.py", f"{second}/plan.py")
    return list(
        difflib.unified_diff(ours.splitlines(), theirs.splitlines(), *names, lineterm="", n=2)
    )


def _settings(one: Report, two: Report) -> dict[str, tuple[str, str]]:
    ours, theirs = _options(one), _options(two)
    names = dict.fromkeys([*ours, *theirs])
    found = {name: (ours.get(name, ""), theirs.get(name, "")) for name in names}
    return {name: values for name, values in found.items() if values[0] != values[1]}


def _options(report: Report) -> dict[str, str]:
    budget = report.budget_seconds
    shown = {"source": report.source, "budget": "" if budget is None else f"{budget:g} s"}
    return {**shown, **report.settings, **report.versions}


def _task(name: str, one: Report, two: Report) -> TaskDiff:
    ours, theirs = one.tasks.get(name), two.tasks.get(name)
    known = ours or theirs
    return TaskDiff(name, known.metric if known else "", _side(ours), _side(theirs))


def _side(task: TaskReport | None) -> Side | None:
    if task is None:
        return None
    return Side(
        task.value, task.low, task.high, task.n_test, task.recipe, task.verdict, task.learned_with
    )
