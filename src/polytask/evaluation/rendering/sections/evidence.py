"""Evidence: which groups of tasks were promised to gain, which did, what promises were worth."""

from __future__ import annotations

from statistics import mean
from typing import TYPE_CHECKING

from polytask.evaluation.rendering.figures import ABSENT, figure, gain_span, signed
from polytask.evaluation.rendering.markup import Safe, data, join, number, table, tag
from polytask.evaluation.report.evidence import BEST_OF, PLANNER, gained

if TYPE_CHECKING:
    from polytask.evaluation.report import Evidence, Promise, Ranking, Report

NAMES = {
    "DatasetFeatures": "data",
    "FeatureSimilarity": "frozen features",
    "ProbeTransfer": "probes",
    "StepAffinity": "gradient steps",
    "GradientAngles": "gradient angles",
    "ProjectedGradients": "projected gradients",
    "LearningCurves": "learning curves",
    PLANNER: "planner, all together",
}
"""Proposers for a person; one that is not here is shown as it is called."""
HEADS = ("who proposed", "groups", *(f"regret@{k}" for k in BEST_OF), "rank correlation")


def section(report: Report) -> Safe | None:
    """A line a group that was tried, the most promising first, and what the promises were worth."""
    found = report.evidence
    if found is None:
        return None
    judges = list(dict.fromkeys(name for one in found.groups for name in one.predicted))
    # A report of before has the affinities alone.
    heads = [NAMES.get(name, name) for name in judges] or ["promised"]
    head = (number("rank", "th"), "tasks", *(number(n, "th") for n in heads), "gained on dev")
    inner = table(head, [_row(report, one, judges) for one in found.groups], class_="evidence")
    return tag(
        "section",
        tag("h2", "Evidence"),
        tag("p", _told(found), class_="under"),
        tag("div", inner, class_="scroll"),
        tag("div", _worth(found), class_="scroll") if found.proposers else None,
        id="evidence",
    )


def cells(one: Ranking) -> list[str]:
    """A line of what a proposer's ranking was worth, below `HEADS`."""
    regrets = [figure(one.regret.get(str(k))) for k in BEST_OF]
    shown = ABSENT if one.correlation is None else f"{one.correlation:+.2f}".replace("-", "−")
    return [NAMES.get(one.proposer, one.proposer), str(one.groups), *regrets, shown]


def _worth(found: Evidence) -> Safe:
    head = (HEADS[0], *(number(name, "th") for name in HEADS[1:]))
    rows = []
    for one in found.proposers:
        name, *figures = cells(one)
        rows.append([tag("th", name, scope="row"), *map(number, figures)])
    return table(head, rows, class_="compact")


def _told(found: Evidence) -> str:
    text = (
        "Which tasks gain together: the share of its loss that one gradient step for the others "
        "takes off a task, on average, ranks the groups; short real runs decide."
    )
    if found.proposers:
        text += (
            " Others rank them, too, by the data, by frozen features and probes; of each only the "
            "order counts. Regret@k: the best gain of all groups less that of the best among the k "
            "most promising, in points."
        )
    for best_of, regret in found.regret.items():
        among = "the most promising group" if best_of == "1" else f"the best of the first {best_of}"
        text += f" Regret of {among}: {figure(regret)} points."
    return text


def _row(report: Report, one: Promise, judges: list[str]) -> list[Safe]:
    gains = [tag("div", "on average ", tag("b", signed(gained(one))))]
    for task, gain in one.gains.items():
        metric = report.tasks[task].metric
        ends = tag("span", gain_span(gain.low, gain.high, metric), class_="ends")
        gains.append(tag("div", data(task), " ", signed(gain.value, metric), " ", ends))
    return [
        number(one.rank),
        tag("th", join((data(task) for task in one.tasks), ", "), scope="row"),
        *(number(_score(one, name)) for name in judges),
        *([] if judges else [number(f"{mean(one.promised.values()):+.1e}")]),
        tag("td", join(gains), class_="figures"),
    ]


def _score(one: Promise, name: str) -> str:
    """As a person reads it: short, tiny ones with their power of ten."""
    value = one.predicted.get(name)
    if value is None:
        return ABSENT
    return f"{value:+.1e}" if 0 < abs(value) < 0.005 else f"{value:+.2f}"
