"""The front as a picture: dev result against size or time, a dot a choice of parts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from polytask.evaluation.rendering.figures import figure, milliseconds, size
from polytask.evaluation.rendering.plots import svg
from polytask.evaluation.rendering.plots.scale import Scale, scale
from polytask.evaluation.report.front import dominated

if TYPE_CHECKING:
    from collections.abc import Callable

    from polytask.evaluation.rendering.markup import Safe
    from polytask.evaluation.report import Front, Offer, Report

WIDTH, HEIGHT = 460.0, 210.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 22.0, 12.0, 24.0


@dataclass(frozen=True)
class Point:
    """A choice of parts in the picture.

    Args:
        name: That of the offer.
        weight: Bytes, or milliseconds.
        worth: The mean dev result, or minus the mean loss where metrics do not count in points.
        kind: "chosen", "allowed" (it could have been), "refused" (it loses too much or takes too
            long) or "beaten" (another is as light and as good).
    """

    name: str
    weight: float
    worth: float
    kind: str


def by_time(front: Front) -> bool:
    """Whether time was weighed rather than size."""
    return front.prefer != "small"


def weights(report: Report, front: Front) -> dict[str, float]:
    """By offer what was weighed: bytes or milliseconds; one whose time is not known is left out."""
    if by_time(front):
        return {o.name: report.timing.front[o.name] for o in front.offers if _timed(report, o)}
    return {offer.name: float(offer.bytes) for offer in front.offers}


def kind(report: Report, front: Front, offer: Offer) -> str:
    """What is to be said of an offer; see `Point`."""
    if offer.chosen:
        return "chosen"
    if offer.name in dominated(front.offers, weights(report, front)):
        return "beaten"
    return "allowed" if offer.allowed and not too_long(report, front, offer) else "refused"


def too_long(report: Report, front: Front, offer: Offer) -> bool:
    """Whether an offer breaks the bound."""
    spent = report.timing.front.get(offer.name)
    return front.bound is not None and spent is not None and spent > front.bound


def points(report: Report, front: Front) -> list[Point]:
    """The choices as points, the lightest first."""
    known = weights(report, front)
    every = all(offer.value is not None for offer in front.offers)
    found = [
        Point(
            offer.name,
            known[offer.name],
            offer.value if every and offer.value is not None else -offer.loss,
            kind(report, front, offer),
        )
        for offer in front.offers
        if offer.name in known and math.isfinite(known[offer.name])
    ]
    return sorted(found, key=lambda one: one.weight)


def picture(report: Report, front: Front) -> Safe | None:
    """The picture; `None` with fewer than two choices."""
    found = points(report, front)
    if len(found) < 2:
        return None
    shown = milliseconds if by_time(front) else _bytes
    up = scale([one.worth for one in found], most=5)
    along = _octaves([one.weight for one in found])
    shapes = _axes(along, up, shown)
    if front.bound is not None and along.low <= math.log(front.bound) <= along.high:
        x = _x(along.at(math.log(front.bound)))
        shapes.append(svg.line((x, TOP), (x, HEIGHT - BOTTOM), "floor"))
    edge = [one for one in found if one.kind != "beaten"]
    shapes.append(svg.path([_at(one, along, up) for one in edge], "front"))
    for one in found:
        at = _at(one, along, up)
        told = f"{one.name}: {shown(one.weight)}, {figure(one.worth)}"
        shapes.append(svg.dot(at, 5 if one.kind == "chosen" else 4, f"dot f-{one.kind}", told))
        above = -9 if one.kind != "beaten" else 16  # those lie close below others
        shapes.append(svg.label((at[0], at[1] + above), one.name))
    what = "the time of one row" if by_time(front) else "size"
    return svg.picture(WIDTH, HEIGHT, f"dev result against {what}", *shapes)


def _axes(along: Scale, up: Scale, shown: Callable[[float], str]) -> list[Safe]:
    at = {tick: _y(up.at(tick)) for tick in up.ticks}
    return [
        *(svg.line((LEFT, y), (WIDTH - RIGHT, y), "grid") for y in at.values()),
        *(
            svg.label((LEFT - 6, y + 4), figure(tick).removesuffix(".0"), anchor="end")
            for tick, y in at.items()
        ),
        *(
            svg.label((_x(along.at(tick)), HEIGHT - 6), shown(math.exp(tick)))
            for tick in along.ticks
        ),
    ]


def _timed(report: Report, offer: Offer) -> bool:
    return report.timing.front.get(offer.name, 0.0) > 0


def _bytes(value: float) -> str:
    return size(round(value))


def _octaves(values: list[float]) -> Scale:
    """A logarithmic axis: sizes and times lie orders of magnitude apart. Its values are logs."""
    low, high = math.log(min(values)), math.log(max(values))
    pad = max(0.25, 0.06 * (high - low))
    low, high = low - pad, high + pad
    steps = 4
    ticks = tuple(low + (high - low) * (0.06 + 0.88 * i / steps) for i in range(steps + 1))
    return Scale(low, high, ticks)


def _at(one: Point, along: Scale, up: Scale) -> tuple[float, float]:
    return _x(along.at(math.log(one.weight))), _y(up.at(one.worth))


def _x(position: float) -> float:
    return LEFT + position * (WIDTH - LEFT - RIGHT)


def _y(position: float) -> float:
    return HEIGHT - BOTTOM - position * (HEIGHT - TOP - BOTTOM)
