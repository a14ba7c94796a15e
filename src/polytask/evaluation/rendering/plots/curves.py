"""Learning curves of a task: dev metric and training loss by epoch, a line a candidate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from polytask.evaluation.rendering.figures import figure, recipe_text
from polytask.evaluation.rendering.markup import Safe, join, tag
from polytask.evaluation.rendering.plots import svg
from polytask.evaluation.rendering.plots.scale import scale

if TYPE_CHECKING:
    from polytask.evaluation.report import Candidate, Report

WIDTH, HEIGHT = 400.0, 190.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 10.0, 10.0, 24.0
MOST = 8
"""More lines than colours and dashes can tell apart are left out, the least good first."""


@dataclass(frozen=True)
class Series:
    """The curve of one candidate for one task.

    Args:
        label: Recipe, and with how many tasks it was trained.
        dev: Pairs (epoch, primary metric on dev).
        loss: Pairs (epoch, mean training loss).
        chosen: Whether the delivered model answers the task with it.
    """

    label: str
    dev: tuple[tuple[int, float], ...]
    loss: tuple[tuple[int, float], ...]
    chosen: bool


def series(report: Report, task: str) -> list[Series]:
    """The curves of `task`, in the order of training; at most `MOST`, the best on dev."""
    candidates = {candidate.name: candidate for candidate in report.candidates}
    found: list[Series] = []
    for curve in report.curves:
        candidate = candidates.get(curve.candidate)
        dev = tuple((e.epoch, v) for e in curve.epochs if (v := e.dev.get(task)) is not None)
        loss = tuple((e.epoch, v) for e in curve.epochs if (v := e.loss.get(task)) is not None)
        if dev or loss:
            chosen = candidate is not None and task in candidate.chosen
            found.append(Series(_label(candidate, curve.candidate), dev, loss, chosen))
    if len(found) <= MOST:
        return found
    higher = report.tasks[task].higher_is_better
    kept = sorted(range(len(found)), key=lambda i: _rank(found[i], higher), reverse=True)[:MOST]
    return [found[i] for i in sorted(kept)]


def curves(report: Report, task: str) -> Safe | None:
    """Two charts side by side with one legend; `None` if nothing was trained by epochs."""
    lines = series(report, task)
    if not lines:
        return None
    metric = report.tasks[task].metric
    dev = _chart([s.dev for s in lines], metric, f"{task}: {metric} on dev by epoch")
    loss = _chart([s.loss for s in lines], "", f"{task}: training loss by epoch")
    legend = join(_legend(i, one) for i, one in enumerate(lines))
    return tag(
        "div",
        _figure(dev, "on dev, by epoch"),
        _figure(loss, "training loss, by epoch"),
        tag("ul", legend, class_="legend"),
        class_="curves",
    )


def _label(candidate: Candidate | None, name: str) -> str:
    if candidate is None:
        return name
    others = len(candidate.tasks) - 1
    joint = "" if not others else f" with {others} other task{'s' if others > 1 else ''}"
    return recipe_text(candidate.recipe) + joint


def _rank(one: Series, higher: bool) -> tuple[bool, float]:
    values = [value if higher else -value for _, value in one.dev]
    return one.chosen, max(values, default=float("-inf"))


def _figure(chart: Safe | None, caption: str) -> Safe | None:
    return chart and tag("figure", chart, tag("figcaption", caption))


def _chart(lines: list[tuple[tuple[int, float], ...]], metric: str, alt: str) -> Safe | None:
    values = [value for one in lines for _, value in one]
    if not values:
        return None
    up, along = scale(values, most=5), scale([e for one in lines for e, _ in one], most=6)
    shapes: list[Safe] = []
    for tick in up.ticks:
        y = _y(up.at(tick))
        shapes.append(svg.line((LEFT, y), (WIDTH - RIGHT, y), "grid"))
        shown = figure(tick, metric).removesuffix(".0") if metric else f"{tick:g}"
        shapes.append(svg.label((LEFT - 6, y + 4), shown, anchor="end"))
    epochs = [tick for tick in along.ticks if tick == int(tick)]
    shapes += [svg.label((_x(along.at(tick)), HEIGHT - 6), f"{tick:g}") for tick in epochs]
    for i, one in enumerate(lines):
        at = [(_x(along.at(epoch)), _y(up.at(value))) for epoch, value in one]
        shapes.append(svg.path(at, f"curve c{i}"))
        shapes += [svg.dot(point, 2.5, f"c{i} point") for point in at]
    return svg.picture(WIDTH, HEIGHT, alt, *shapes)


def _legend(number: int, one: Series) -> Safe:
    swatch = svg.path([(1, 5), (25, 5)], f"curve c{number}")
    return tag(
        "li",
        tag("svg", swatch, viewBox="0 0 26 10", width="26", height="10", aria_hidden="true"),
        one.label,
        tag("b", " delivered") if one.chosen else None,
    )


def _x(position: float) -> float:
    return LEFT + position * (WIDTH - LEFT - RIGHT)


def _y(position: float) -> float:
    return HEIGHT - BOTTOM - position * (HEIGHT - TOP - BOTTOM)
