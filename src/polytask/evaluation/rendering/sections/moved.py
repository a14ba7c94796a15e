"""What moved between tasks: gains, how gradients lie to each other, which layers changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask.evaluation.rendering.figures import ABSENT, gain_span, recipe_text, signed
from polytask.evaluation.rendering.markup import Safe, data, join, number, table, tag

if TYPE_CHECKING:
    from polytask.evaluation.report import Candidate, Moved, Report


def section(report: Report) -> Safe | None:
    """A block for each candidate of several tasks, those that are delivered unfolded."""
    if not report.moved:
        return None
    known = {one.name: one for one in report.candidates}
    blocks = join(_one(report, one, known.get(one.candidate)) for one in report.moved)
    return tag("section", tag("h2", "What moved between tasks"), blocks, id="moved")


def _one(report: Report, one: Moved, candidate: Candidate | None) -> Safe:
    tasks = sorted({*one.gains, *one.norms})
    named = join((data(name) for name in tasks), ", ")
    recipe = tag("code", recipe_text(candidate.recipe)) if candidate else data(one.candidate)
    blocks = [
        _block("Gained on dev over the control", _gains(report, one)),
        _block("Cosines of gradients", _cosines(one)),
        _block("Change of layers, from below", _layers(one)),
    ]
    return tag(
        "details",
        tag("summary", named, " ", recipe),
        tag("div", join(block for block in blocks if block), class_="blocks"),
        open=bool(candidate and candidate.chosen),
        class_="task-detail",
    )


def _block(title: str, inner: Safe | None) -> Safe | None:
    return tag("div", tag("h3", title), inner, class_="block") if inner else None


def _gains(report: Report, one: Moved) -> Safe | None:
    if not one.gains:
        return None
    rows = []
    for task, gain in one.gains.items():
        metric = report.tasks[task].metric if task in report.tasks else "accuracy"
        shown = number(signed(gain.value, metric)), number(gain_span(gain.low, gain.high, metric))
        rows.append([tag("th", data(task), scope="row"), *shown])
    head = ("task", number("gain", "th"), number("interval", "th"))
    return table(head, rows, class_="compact")


def _cosines(one: Moved) -> Safe | None:
    if not one.norms:
        return None
    tasks = sorted(one.norms)
    rows = [
        [
            tag("th", data(task), scope="row"),
            number(f"{one.norms[task]:.3g}"),
            *(number(_cosine(one, task, other)) for other in tasks),
        ]
        for task in tasks
    ]
    head = ("task", number("length", "th"), *(number(data(task), "th") for task in tasks))
    return tag("div", table(head, rows, class_="compact"), class_="scroll")


def _cosine(one: Moved, task: str, other: str) -> str:
    found = one.cosines.get(task, {}).get(other, one.cosines.get(other, {}).get(task))
    return ABSENT if found is None else f"{found:+.2f}"


def _layers(one: Moved) -> Safe | None:
    if not one.layers:
        return None
    most = max(one.layers) or 1.0
    rows = [
        [
            tag("th", f"{place}", scope="row"),
            number(f"{100 * change:.1f} %"),
            tag("td", _bar(change / most)),
        ]
        for place, change in enumerate(one.layers, start=1)
    ]
    return table(("layer", number("change", "th"), ""), rows, class_="compact")


def _bar(share: float) -> Safe:
    inner = tag("i", style=f"width:{100 * share:.1f}%")
    return tag("div", inner, class_="bar", aria_hidden="true")
