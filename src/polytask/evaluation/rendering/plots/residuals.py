"""Residuals of a regression: answers against targets, and how the errors spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask.evaluation.rendering.markup import Safe, number, table, tag
from polytask.evaluation.rendering.plots import svg
from polytask.evaluation.rendering.plots.scale import Scale, scale

if TYPE_CHECKING:
    from polytask.evaluation.report import Residuals

SIDE, LEFT, BOTTOM, TOP = 300.0, 46.0, 38.0, 8.0


def pairs(residuals: Residuals) -> tuple[list[tuple[float, float]], Scale]:
    """Pairs (target, answer), and the one axis both share so that the diagonal is "right".

    A number that a report cannot hold (infinity) is read back as `None`; its pair is left out.
    """
    points = [(p[0], p[1]) for p in residuals.points if len(p) == 2 and None not in p]
    return points, scale([value for point in points for value in point], most=5)


def plot(name: str, residuals: Residuals) -> Safe:
    """The scatter of answers, and the residuals' mean, spread and quantiles."""
    points, axis = pairs(residuals)
    drawn = _scatter(name, points, axis) if points else None
    rows = [("mean", residuals.mean), ("std", residuals.std), *_quantiles(residuals)]
    shown = [(tag("th", key, scope="row"), number(_figure(v))) for key, v in rows]
    return tag("div", drawn, table(("residual", ""), shown), class_="side")


def _quantiles(residuals: Residuals) -> list[tuple[str, float]]:
    """From low to high: the file sorts keys as text, "25%" before "5%"."""
    return sorted(residuals.quantiles.items(), key=lambda item: (len(item[0]), item[0]))


def _scatter(name: str, points: list[tuple[float, float]], axis: Scale) -> Safe:
    shapes: list[Safe] = []
    for tick in axis.ticks:
        x, y = _x(axis.at(tick)), _y(axis.at(tick))
        shapes.append(svg.line((LEFT, y), (SIDE, y), "grid"))
        shapes.append(svg.label((LEFT - 6, y + 4), f"{tick:g}", anchor="end"))
        shapes.append(svg.label((x, SIDE - BOTTOM + 16), f"{tick:g}"))
    shapes.append(svg.line((_x(0), _y(0)), (_x(1), _y(1)), "zero"))
    shapes += [svg.dot((_x(axis.at(x)), _y(axis.at(y))), 2.5, "scatter") for x, y in points]
    shapes.append(svg.label((SIDE, SIDE - 4), "target", anchor="end"))
    alt = f"{name}: answers against targets of {len(points)} test rows"
    return tag(
        "figure",
        svg.picture(SIDE + 12, SIDE, alt, *shapes),
        tag("figcaption", "answer (up) against target (across); the line is a right answer"),
    )


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}".replace("-", "−")


def _x(position: float) -> float:
    return LEFT + position * (SIDE - LEFT)


def _y(position: float) -> float:
    return SIDE - BOTTOM - position * (SIDE - BOTTOM - TOP)
