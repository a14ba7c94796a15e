"""The front: the choices of parts that the model was taken from, and why this one."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from polytask.evaluation.rendering.figures import (
    ABSENT,
    figure,
    milliseconds,
    recipe_name,
    size,
)
from polytask.evaluation.rendering.markup import Safe, data, number, table, tag
from polytask.evaluation.rendering.plots import front as plot

if TYPE_CHECKING:
    from polytask.evaluation.report import Front, Offer, Report

HEADS = ("", "parts", "on dev", "most lost", "size", "one row", "what became of it")
_FATES = {
    "chosen": "delivered",
    "beaten": "another is as light and as good",
    "allowed": "it could have been",
}


def section(report: Report) -> Safe | None:
    """What was weighed, the picture, and a line a choice."""
    front = report.front
    if front is None:
        return None
    drawn = plot.picture(report, front)
    what = "one row" if plot.by_time(front) else "size"
    caption = f"dev result, mean over tasks, against {what}; the axis below is logarithmic"
    head = [number(name, "th") if name in HEADS[2:6] else name for name in HEADS]
    inner = table(head, [_row(report, front, one) for one in front.offers], class_="helpers")
    return tag(
        "section",
        tag("h2", "The front"),
        tag("p", told(report, front), class_="under"),
        tag("figure", drawn, tag("figcaption", caption)) if drawn else None,
        tag("div", inner, class_="scroll") if front.offers else None,
        id="front",
    )


def told(report: Report, front: Front) -> str:
    """What decided, in sentences."""
    lost = f"Choices of parts that lose less than {figure(report.margin)} points on dev"
    few = " (where fewer than 500 rows judge: that lose nothing)"
    decides = {
        "small": "the smallest is delivered",
        "fast": "the fastest is delivered; of what takes a tenth more at most, the best on dev",
    }.get(front.prefer, "the best on dev is delivered")
    text = f"{lost}{few}: {decides}."
    if front.bound is not None:
        text += f" One row may take {milliseconds(front.bound)} at most."
    if not front.offers:
        text += " There was no time to measure the parts, so dev alone decided."
    row = report.timing.latency.row if report.timing.latency else None
    if row is not None:
        met = "" if front.bound is None else _met(row, front.bound)
        text += f" Measured on the model it takes {milliseconds(row)}{met}."
    return (
        f"{text} Sizes count once what several parts stand on; times are put together from what "
        "each part took alone, for the slowest kind of row, all tasks that read it answered."
    )


def cells(report: Report, front: Front, one: Offer) -> tuple[str, ...]:
    """What a line says, as `HEADS`."""
    kind = plot.kind(report, front, one)
    return (
        one.name,
        _parts(report, one),
        figure(one.value),
        figure(one.worst),
        size(one.bytes),
        milliseconds(report.timing.front.get(one.name)),
        _FATES.get(kind) or _refused(report, front, one),
    )


def _refused(report: Report, front: Front, one: Offer) -> str:
    reasons = [] if one.allowed else ["loses too much"]
    reasons += ["takes too long"] if plot.too_long(report, front, one) else []
    return ", ".join(reasons)


def _met(row: float, bound: float) -> str:
    return ": the bound is met" if row <= bound else ": the bound is not met"


def _parts(report: Report, one: Offer) -> str:
    """The recipes with how many tasks each answers.

    Candidates are named "RECIPE · TASKS"; the recipe alone is told, and whether it is joint.
    """
    known = {candidate.name: candidate for candidate in report.candidates}
    told: Counter[str] = Counter()
    for name in one.parts.values():
        candidate = known.get(name)
        recipe = recipe_name(candidate.recipe if candidate else name)
        joint = candidate is not None and len(candidate.tasks) > 1
        told[f"{recipe} together" if joint else recipe] += 1
    if len(one.parts) == 1:
        return next(iter(told), ABSENT)
    return " + ".join(f"{recipe} ({count})" for recipe, count in told.items())


def _row(report: Report, front: Front, one: Offer) -> list[Safe]:
    name, parts, *figures, fate = cells(report, front, one)
    shown = tag("span", fate, class_="pill v-no-worse") if one.chosen else data(fate)
    listed = ", ".join(f"{task}: {part}" for task, part in one.parts.items())
    return [
        tag("th", name, scope="row"),
        tag("td", data(parts), title=listed),
        *(number(value) for value in figures),
        tag("td", shown),
    ]
