"""The plan: the program as it ran, with what each line cost and found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask.evaluation.rendering.figures import duration
from polytask.evaluation.rendering.markup import Safe, data, join, tag

if TYPE_CHECKING:
    from polytask.evaluation.report import Report

_SHOWN = 3  # results of one line shown at once; a loop's others are folded


def section(report: Report) -> Safe | None:
    """The program line by line, and what it said."""
    if report.plan is None:
        return None
    found: dict[int, list[str]] = {}
    for one in report.plan.lines:
        found.setdefault(one.line, []).append(one.found)
    rows = join(
        _line(number, code, found.get(number, []), report.timing.lines.get(str(number)))
        for number, code in enumerate(report.plan.text.rstrip("\n").split("\n"), 1)
    )
    listing = tag("div", tag("table", tag("tbody", rows), class_="plan"), class_="scroll")
    said = join(tag("li", data(text)) for text in report.said)
    heard = tag("ul", said, class_="said") if report.said else None
    title = tag("h2", "The plan, and what its lines cost and found")
    return tag("section", title, heard, listing, id="plan")


def _line(number: int, code: str, found: list[str], seconds: float | None) -> Safe:
    comment = "comment" if code.lstrip().startswith("#") else None
    return tag(
        "tr",
        tag("td", str(number), class_="no"),
        tag("td", tag("code", code or " ", class_=comment), class_="code"),
        tag("td", duration(seconds) if seconds is not None else "", class_="num"),
        tag("td", _found(found), class_="found"),
    )


def _found(found: list[str]) -> Safe:
    lines = [tag("div", data(text)) for text in found]
    if len(lines) <= _SHOWN:
        return join(lines)
    fold = tag("summary", f"{len(lines) - _SHOWN} more")
    return join([*lines[:_SHOWN], tag("details", fold, join(lines[_SHOWN:]))])
