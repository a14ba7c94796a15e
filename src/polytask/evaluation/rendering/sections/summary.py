"""The head of the page: the sentence, and the model beside its controls."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from polytask.evaluation.rendering.figures import count, duration, milliseconds, size
from polytask.evaluation.rendering.markup import Safe, join, tag
from polytask.evaluation.report import sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from polytask.evaluation.report import Report

Number = TypeVar("Number", int, float)


def section(report: Report) -> Safe:
    """Sentence, warnings, and the figures of the whole run."""
    said = report.timing.sentence or report.sentence or sentence(report, speed=True)
    first, *rest = said.split("; ")
    shown = tag("span", first.replace("× ", "×\u00a0") + " ", class_="lead")
    others = tag("span", "; ".join(rest), class_="rest") if rest else None
    return tag(
        "header",
        tag("p", _eyebrow(report), class_="eyebrow"),
        tag("h1", shown, others),
        tag("div", join(_facts(report)), class_="facts"),
        _warnings(report),
    )


def _eyebrow(report: Report) -> str:
    where = f" of {report.source}" if report.source else ""
    return f"polytask · report{where}"


def _facts(report: Report) -> list[Safe]:
    model, controls, timing = report.model, report.controls, report.timing
    facts: list[Safe] = []
    if model:
        facts.append(_pair("size", model.bytes, controls.bytes if controls else None, size))
        facts.append(
            _pair("parameters", model.parameters, controls.parameters if controls else None, count)
        )
    if timing.latency and timing.latency.model is not None:
        facts.append(
            _pair("time a row", timing.latency.model, timing.latency.controls, milliseconds)
        )
    budget = f"of {duration(report.budget_seconds)}" if report.budget_seconds else ""
    if timing.total is not None:
        facts.append(_fact("time used", duration(timing.total), budget))
    more = f"; arms of a comparison up to {report.repeats} times" if report.repeats > 1 else ""
    facts.append(_fact("seed", str(report.seed), f"trained once each{more}"))
    return facts


def _pair(name: str, ours: Number, theirs: Number | None, show: Callable[[Number], str]) -> Safe:
    """A figure of the model with bars against that of the controls together."""
    if theirs is None:
        return _fact(name, show(ours), "")
    most = max(ours, theirs) or 1
    bars = tag(
        "div",
        tag("i", class_="ours", style=f"width:{100 * ours / most:.1f}%"),
        tag("i", class_="theirs", style=f"width:{100 * theirs / most:.1f}%"),
        class_="bars",
        aria_hidden="true",
    )
    return _fact(name, show(ours), f"controls together {show(theirs)}", bars)


def _fact(name: str, value: str, under: str, bars: Safe | None = None) -> Safe:
    return tag(
        "div",
        tag("div", name, class_="name"),
        tag("div", value, class_="value"),
        bars,
        tag("div", under, class_="under") if under else None,
        class_="fact",
    )


def _warnings(report: Report) -> Safe | None:
    if not report.warnings:
        return None
    return tag("ul", join(tag("li", text) for text in report.warnings), class_="warnings")
