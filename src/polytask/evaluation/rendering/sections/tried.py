"""What was tried: every candidate with its dev result, its cost, and why it was chosen or left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask.evaluation.rendering.figures import duration, figure, recipe_text
from polytask.evaluation.rendering.markup import Safe, data, join, number, table, tag

if TYPE_CHECKING:
    from polytask.evaluation.report import Candidate, Report

_FEW = 4  # dev results shown in the row; more are folded


def section(report: Report) -> Safe | None:
    """A line a candidate, in the order they were trained."""
    if not report.candidates:
        return None
    head = ("recipe", "tasks", "on dev", number("time", "th"), "what became of it")
    rows = [_row(report, one) for one in report.candidates]
    inner = tag("div", table(head, rows, class_="tried"), class_="scroll")
    return tag("section", tag("h2", "What was tried"), inner, id="tried")


def _row(report: Report, one: Candidate) -> list[Safe]:
    seconds = report.timing.candidates.get(one.name)
    told = [f"{one.passes:g} passes"] if one.passes is not None else []
    told += [one.builds_on] if one.builds_on else []
    told += [f"repeat {one.repeat}, another seed"] if one.repeat else []
    return [
        tag("th", tag("code", recipe_text(one.recipe)), tag("small", ", ".join(told)), scope="row"),
        tag("td", _names(one.tasks)),
        tag("td", _dev(report, one), class_="figures"),
        number(duration(seconds)),
        tag("td", _fate(one)),
    ]


def _names(names: tuple[str, ...]) -> Safe:
    if len(names) <= _FEW:
        return join((data(name) for name in names), ", ")
    fold = tag("summary", f"{len(names)} tasks")
    return tag("details", fold, join((data(name) for name in names), ", "))


def _dev(report: Report, one: Candidate) -> Safe:
    lines = []
    for name, value in one.dev.items():
        metric = report.tasks[name].metric if name in report.tasks else "accuracy"
        label = join([data(name), " "]) if len(one.dev) > 1 else ""
        lines.append(tag("div", label, tag("b", figure(value, metric))))
    if len(lines) <= _FEW:
        return join(lines)
    return tag("details", tag("summary", f"{len(lines)} results"), join(lines))


def _fate(one: Candidate) -> Safe:
    said: list[object] = []
    if one.status != "done":
        said.append(tag("span", one.status, class_="pill v-none"))
    if one.chosen:
        said.append(tag("span", "delivered", class_="pill v-no-worse"))
        if len(one.chosen) < len(one.tasks):
            said.append(join(["for ", _names(one.chosen)]))
    if one.control:
        said.append(tag("span", "control", class_="pill v-apart"))
        if len(one.control) < len(one.tasks):
            said.append(join(["of ", _names(one.control)]))
    if one.reason:
        said.append(tag("span", data(one.reason), class_="under"))
    return join(said, " ")
