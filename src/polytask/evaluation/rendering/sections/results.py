"""The table of tasks: value against control and floor, gain against zero and margin, verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask.evaluation.rendering.figures import (
    ABSENT,
    figure,
    gain_span,
    in_points,
    metric_name,
    recipe_text,
    signed,
    span,
)
from polytask.evaluation.rendering.markup import Safe, data, join, tag
from polytask.evaluation.rendering.plots.intervals import (
    axis_plot,
    gain_plot,
    scales,
    value_plot,
    verdict_class,
)

if TYPE_CHECKING:
    from polytask.evaluation.report import Joint, Report, TaskReport

WORDS = {
    "better": "better",
    "no worse": "no worse",
    "worse": "worse",
    "not decidable": "not decidable",
    "apart": "kept apart",
}


def section(report: Report) -> Safe | None:
    """The table, its legend, and the share of rows with every task right."""
    if not report.tasks:
        return None
    rows = join(_row(report, name, task) for name, task in report.tasks.items())
    table = tag("table", _head(report), tag("tbody", rows), class_="results")
    return tag(
        "section",
        tag("h2", "Results on test rows"),
        tag("div", table, class_="scroll"),
        _legend(report),
        _joint(report),
        id="results",
    )


def pill(task: TaskReport) -> Safe:
    """The verdict as a coloured word."""
    if task.status != "ok":
        return tag("span", "failed", class_="pill v-worse")
    word = WORDS.get(task.verdict, task.verdict or "no control")
    return tag("span", word, class_=f"pill {verdict_class(task)}")


def _head(report: Report) -> Safe:
    name = next((n for n, t in report.tasks.items() if in_points(t.metric)), None)
    value = gain = None
    if name is not None:
        metric = report.tasks[name].metric
        axes = scales(report, name)
        value, gain = axis_plot(axes[0], metric), axis_plot(axes[1], metric, signs=True)
    cells = [
        tag("th", "task", scope="col"),
        tag("th", "model and control", value, scope="col", colspan="2"),
        tag("th", "gain", gain, scope="col", colspan="2"),
        tag("th", "verdict", scope="col"),
        tag("th", "served by", scope="col"),
    ]
    return tag("thead", tag("tr", join(cells)))


def _row(report: Report, name: str, task: TaskReport) -> Safe:
    title = tag("th", data(name, class_="task"), tag("small", _about(task)), scope="row")
    if task.status != "ok":
        reason = tag("td", "failed: ", data(task.reason), colspan="4", class_="failed")
        return tag("tr", title, reason, tag("td", pill(task)), tag("td", ABSENT))
    value_axis, gain_axis = scales(report, name)
    return tag(
        "tr",
        title,
        tag("td", value_plot(name, task, value_axis), class_="draw"),
        tag("td", _values(task), class_="figures"),
        tag("td", gain_plot(name, task, gain_axis, report.margin), class_="draw"),
        tag("td", _gain(task), class_="figures"),
        tag("td", pill(task), _needed(task)),
        tag("td", _served(report, task), class_="served"),
    )


def _about(task: TaskReport) -> str:
    rows = f"{task.n_train:,} train · {task.n_test:,} test"
    if task.folds > 1:
        rows = f"{task.n_test:,} rows in {task.folds} folds"
    if task.groups and task.group:
        rows += f" · {task.groups:,} by {task.group}"
    return f"{task.kind} · {metric_name(task.metric)} · {rows}"


def _values(task: TaskReport) -> Safe:
    ours = join(
        [
            tag("b", figure(task.value, task.metric)),
            tag("span", span(task.low, task.high, task.metric), class_="ends"),
        ],
        " ",
    )
    control = task.control
    theirs = None
    if control:
        theirs = join(
            [
                figure(control.value, task.metric),
                tag("span", span(control.low, control.high, task.metric), class_="ends"),
            ],
            " ",
        )
    return join([tag("div", ours), tag("div", theirs, class_="under") if theirs else ""])


def _gain(task: TaskReport) -> Safe:
    gain = task.gain
    if gain is None or gain.value is None:
        return tag("span", ABSENT, class_="under")
    ends = gain_span(gain.low, gain.high, task.metric)
    return join([tag("b", signed(gain.value, task.metric)), tag("div", ends, class_="ends")])


def _needed(task: TaskReport) -> Safe | None:
    if task.verdict != "not decidable" or not task.rows_needed:
        return None
    return tag("div", f"about {task.rows_needed:,} more rows would decide", class_="under")


def _served(report: Report, task: TaskReport) -> Safe:
    part = next(
        (p for p in (report.model.parts if report.model else ()) if p.name == task.part), None
    )
    shared = len(part.tasks) if part else 0
    with_ = f"one part for {shared} tasks" if shared > 1 else "a part of its own"
    passes = [] if task.passes is None else [f"{task.passes:g} passes"]
    control = task.control
    if control and task.verdict != "apart":
        own = "" if control.passes is None else f", {control.passes:g} passes"
        passes.append(f"control {recipe_text(control.recipe)}{own}")
    return join(
        [
            tag("code", recipe_text(task.recipe)),
            tag("div", "; ".join([with_ if part else "", *passes]).strip("; "), class_="under"),
        ]
    )


def _legend(report: Report) -> Safe:
    margin = figure(report.margin)
    items = [
        ("●", "the model, with its 95 % interval", "k-ours"),
        ("○", "the control: the best single-task part, tuned as hard", "k-control"),
        ("┊", "the floor: the best constant answer", "k-floor"),
        ("▒", f"the margin of {margin} points within which a task counts as no worse", "k-margin"),
    ]
    shown = [
        tag("li", tag("span", sign, class_=key, aria_hidden="true"), text)
        for sign, text, key in items
    ]
    return tag("ul", join(shown), class_="legend")


def _joint(report: Report) -> Safe | None:
    if not report.joint:
        return None
    return tag("ul", join(tag("li", _joint_line(one)) for one in report.joint), class_="joint")


def _joint_line(joint: Joint) -> Safe:
    names = join((data(name) for name in joint.tasks), " and ")
    ends = span(joint.low, joint.high)
    told = f": on {figure(joint.value)} % of {joint.n_test:,} test rows"
    told += f" ({ends})" if ends else ""
    if joint.control is not None:
        told += f"; the controls together on {figure(joint.control)} %"
    return join([tag("b", "All right at once"), " – ", names, told])
