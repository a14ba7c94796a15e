"""A task's result against its control and floor, and its gain against zero and the margin."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from polytask.evaluation.rendering.figures import figure, gain_span, signed, span
from polytask.evaluation.rendering.plots import svg
from polytask.evaluation.rendering.plots.scale import Scale, fractions, scale
from polytask.evaluation.rendering.verdicts import verdict_class
from polytask.evaluation.report.naming import in_points

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from polytask.evaluation.rendering.markup import Safe
    from polytask.evaluation.report import Report, TaskReport

WIDTH, HEIGHT, EDGE = 190.0, 40.0, 8.0
_BEYOND = 3.0  # a gain's end further out than this many times the typical one is cut off


@dataclass(frozen=True)
class Mark:
    """An estimate on an axis: positions 0–1 of its value and ends; `None` where unknown.

    Args:
        at: Position of the value.
        low: Position of the lower end.
        high: Position of the upper end.
        cut: Whether the interval goes on beyond the axis (left, right).
    """

    at: float
    low: float | None
    high: float | None
    cut: tuple[bool, bool] = (False, False)


def mark(value: float | None, low: float | None, high: float | None, axis: Scale) -> Mark | None:
    """Where an estimate stands on `axis`; `None` without a value."""
    if value is None:
        return None
    if low is None or high is None:
        return Mark(axis.at(value), None, None)
    cut = (not axis.holds(low), not axis.holds(high))
    return Mark(axis.at(value), axis.at(low), axis.at(high), cut)


def value_scale(tasks: Sequence[TaskReport]) -> Scale:
    """One axis for the values, controls and floors of tasks; widened for fractions."""
    found: list[float | None] = []
    for task in tasks:
        found += [task.value, task.low, task.high, task.floor]
        if task.control:
            found += [task.control.value, task.control.low, task.control.high]
    return fractions(found) if in_points(tasks[0].metric) else scale(found, most=3)


def gain_scale(tasks: Iterable[TaskReport], margin: float) -> Scale:
    """One axis for the gains of tasks, with zero and the margin on it.

    One very wide interval would flatten all others, so ends beyond three times the median end are
    cut off (drawn with an arrow).
    """
    gains = [task.gain for task in tasks if task.gain]
    ends = [max(abs(g.low or 0.0), abs(g.high or 0.0), abs(g.value or 0.0)) for g in gains]
    reach = max([margin * 2, *ends])
    if len(ends) > 1:
        reach = min(reach, max(margin * 3, _BEYOND * statistics.median(ends)))
        reach = max([reach, *(abs(g.value or 0.0) for g in gains)])
    lows = [max(-reach, g.low) for g in gains if g.low is not None]
    highs = [min(reach, g.high) for g in gains if g.high is not None]
    return scale([*lows, *highs, -1.5 * margin, margin], most=5)


def scales(report: Report, name: str) -> tuple[Scale, Scale]:
    """Value and gain axes of a task: shared by all whose metric is in points, else its own."""
    task = report.tasks[name]
    group = [task]
    if in_points(task.metric):
        group = [other for other in report.tasks.values() if in_points(other.metric)]
    return value_scale(group), gain_scale(group, margin_of(report, task))


def margin_of(report: Report, task: TaskReport) -> float:
    """The margin of "no worse" in the task's metric; 0 where it is not known in its unit."""
    if task.margin is not None:
        return task.margin
    return report.margin if in_points(task.metric) else 0.0


def value_plot(name: str, task: TaskReport, axis: Scale) -> Safe:
    """The value's interval above, the control's below, the floor as a dotted line."""
    control = task.control if task.verdict != "apart" else None  # else it is the same part
    shapes = _frame(axis, task.metric)
    if task.floor is not None:
        x = _x(axis.at(task.floor))
        shapes.append(svg.line((x, 4), (x, HEIGHT - 4), "floor"))
    if control:
        shapes += _draw(mark(control.value, control.low, control.high, axis), 28, "control")
    shapes += _draw(mark(task.value, task.low, task.high, axis), 13, verdict_class(task))
    alt = f"{name}: {figure(task.value, task.metric)} ({span(task.low, task.high, task.metric)})"
    if control:
        alt += f", control {figure(control.value, task.metric)}"
        alt += f" ({span(control.low, control.high, task.metric)})"
    if task.floor is not None:
        alt += f", floor {figure(task.floor, task.metric)}"
    return svg.picture(WIDTH, HEIGHT, alt, *shapes)


def gain_plot(name: str, task: TaskReport, axis: Scale, margin: float) -> Safe | None:
    """The gain's interval against zero and minus the margin; `None` without a gain."""
    gain = task.gain
    if gain is None or gain.value is None:
        return None
    shapes = _frame(axis, task.metric)
    zero, edge = _x(axis.at(0.0)), _x(axis.at(-margin))
    if margin:
        shapes.append(svg.box((edge, 3), (zero - edge, HEIGHT - 6), "margin"))
    shapes.append(svg.line((zero, 3), (zero, HEIGHT - 3), "zero"))
    shapes += _draw(mark(gain.value, gain.low, gain.high, axis), HEIGHT / 2, verdict_class(task))
    alt = (
        f"{name}: gain {signed(gain.value, task.metric)} "
        f"({gain_span(gain.low, gain.high, task.metric)}), {task.verdict}"
    )
    return svg.picture(WIDTH, HEIGHT, alt, *shapes)


def axis_plot(axis: Scale, metric: str, *, signs: bool = False) -> Safe:
    """The ticks of an axis, to stand above a column of plots."""
    shapes: list[Safe] = []
    for tick in axis.ticks:
        x = _x(axis.at(tick))
        shown = _short(signed(tick, metric) if signs else figure(tick, metric))
        anchor = "start" if x < 20 else "end" if x > WIDTH - 20 else "middle"
        at = x - EDGE if anchor == "start" else x + EDGE if anchor == "end" else x
        shapes.append(svg.label((at, 10), shown, anchor=anchor))
        shapes.append(svg.line((x, 13), (x, 16), "grid"))
    alt = f"axis from {figure(axis.low, metric)} to {figure(axis.high, metric)}"
    return svg.picture(WIDTH, 16, alt, *shapes, class_="plot axis")


def _short(shown: str) -> str:
    return shown.removesuffix(".0")


def _x(position: float) -> float:
    return EDGE + position * (WIDTH - 2 * EDGE)


def _frame(axis: Scale, metric: str) -> list[Safe]:
    lines = [svg.line((_x(axis.at(t)), 0), (_x(axis.at(t)), HEIGHT), "grid") for t in axis.ticks]
    if in_points(metric):  # labelled once, above the column
        return lines
    ends = ((axis.low, "start", 0.0), (axis.high, "end", WIDTH))
    return lines + [svg.label((x, HEIGHT - 1), f"{tick:g}", anchor=a) for tick, a, x in ends]


def _draw(found: Mark | None, y: float, class_: str) -> list[Safe]:
    if found is None:
        return []
    shapes: list[Safe] = []
    if found.low is not None and found.high is not None:
        left, right = _x(found.low), _x(found.high)
        shapes.append(svg.line((left, y), (right, y), f"span {class_}"))
        if found.cut[0]:
            shapes.append(svg.path([(left + 5, y - 4), (left, y), (left + 5, y + 4)], class_))
        if found.cut[1]:
            shapes.append(svg.path([(right - 5, y - 4), (right, y), (right - 5, y + 4)], class_))
    shapes.append(svg.dot((_x(found.at), y), 4, f"dot {class_}"))
    return shapes
