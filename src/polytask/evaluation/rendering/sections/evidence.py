"""Evidence: which groups of tasks gradients promised to gain, and which did."""

from __future__ import annotations

from statistics import mean
from typing import TYPE_CHECKING

from polytask.evaluation.rendering.figures import figure, gain_span, signed
from polytask.evaluation.rendering.markup import Safe, data, join, number, table, tag
from polytask.evaluation.report.evidence import gained

if TYPE_CHECKING:
    from polytask.evaluation.report import Evidence, Promise, Report


def section(report: Report) -> Safe | None:
    """A line a group that was tried, the most promising first, and what the promises were worth."""
    found = report.evidence
    if found is None:
        return None
    head = (number("rank", "th"), "tasks", number("promised", "th"), "gained on dev")
    inner = table(head, [_row(report, one) for one in found.groups], class_="evidence")
    return tag(
        "section",
        tag("h2", "Evidence"),
        tag("p", _told(found), class_="under"),
        tag("div", inner, class_="scroll"),
        id="evidence",
    )


def _told(found: Evidence) -> str:
    text = (
        "Which tasks gain together: the share of its loss that one gradient step for the others "
        "takes off a task, on average, ranks the groups; short real runs decide."
    )
    for best_of, regret in found.regret.items():
        among = "the most promising group" if best_of == "1" else f"the best of the first {best_of}"
        text += f" Regret of {among}: {figure(regret)} points."
    return text


def _row(report: Report, one: Promise) -> list[Safe]:
    gains = [tag("div", "on average ", tag("b", signed(gained(one))))]
    for task, gain in one.gains.items():
        metric = report.tasks[task].metric
        ends = tag("span", gain_span(gain.low, gain.high, metric), class_="ends")
        gains.append(tag("div", data(task), " ", signed(gain.value, metric), " ", ends))
    return [
        number(one.rank),
        tag("th", join((data(task) for task in one.tasks), ", "), scope="row"),
        number(f"{mean(one.promised.values()):+.1e}"),
        tag("td", join(gains), class_="figures"),
    ]
