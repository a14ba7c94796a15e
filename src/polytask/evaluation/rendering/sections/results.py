"""The table of tasks: value against control and floor, gain against zero and margin, verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask.evaluation.rendering.figures import (
    ABSENT,
    figure,
    gain_span,
    recipe_text,
    signed,
    span,
)
from polytask.evaluation.rendering.markup import Safe, data, join, tag
from polytask.evaluation.rendering.plots.intervals import (
    axis_plot,
    gain_plot,
    margin_of,
    scales,
    value_plot,
)
from polytask.evaluation.rendering.verdicts import verdict_class, verdict_word
from polytask.evaluation.report.naming import in_points, metric_name
from polytask.evaluation.report.sentence import rounded

if TYPE_CHECKING:
    from polytask.evaluation.report import Control, Joint, Report, TaskReport


def section(report: Report) -> Safe | None:
    """The table, its legend, and the share of rows with every task right."""
    if not report.tasks:
        return None
    rows = join(_row(report, name, task) for name, task in report.tasks.items())
    table = tag("table", _head(report), tag("tbody", rows), class_="results")
    return tag(
        "section",
        tag("h2", _title(report)),
        tag("div", table, class_="scroll"),
        _legend(report),
        _joint(report),
        id="results",
    )


def pill(report: Report, task: TaskReport) -> Safe:
    """The verdict as a coloured word."""
    return tag("span", verdict_word(report, task), class_=f"pill {verdict_class(task)}")


def _title(report: Report) -> str:
    folds = [task.folds > 1 for task in report.tasks.values()]
    return "Results, out of fold" if all(folds) else "Results on test rows"


def _head(report: Report) -> Safe:
    name = next((n for n, t in report.tasks.items() if in_points(t.metric)), None)
    value = gain = None
    if name is not None:
        metric = report.tasks[name].metric
        axes = scales(report, name)
        value, gain = axis_plot(axes[0], metric), axis_plot(axes[1], metric, signs=True)
    compared = _compared(report)
    cells = [
        tag("th", "task", scope="col"),
        tag("th", "model and control" if compared else "model", value, scope="col", colspan="2"),
        tag("th", "gain", gain, scope="col", colspan="2") if compared else "",
        tag("th", "verdict", scope="col"),
        tag("th", "served by", scope="col"),
    ]
    return tag("thead", tag("tr", join(cells)))


def _compared(report: Report) -> bool:
    return any(task.gain for task in report.tasks.values())


def _row(report: Report, name: str, task: TaskReport) -> Safe:
    title = tag("th", data(name, class_="task"), _about(task), scope="row")
    if task.status != "ok":
        reason = tag(
            "td",
            "failed: ",
            data(task.reason),
            colspan="4" if _compared(report) else "2",
            class_="failed",
        )
        return tag("tr", title, reason, tag("td", pill(report, task)), tag("td", ABSENT))
    value_axis, gain_axis = scales(report, name)
    gain: list[Safe] = []
    if _compared(report):
        drawn = gain_plot(name, task, gain_axis, margin_of(report, task))
        gain = [tag("td", drawn, class_="draw"), tag("td", _gain(task), class_="figures")]
    return tag(
        "tr",
        title,
        tag("td", value_plot(name, task, value_axis), class_="draw"),
        tag("td", _values(task), class_="figures"),
        *gain,
        tag("td", pill(report, task), _needed(task)),
        tag("td", _served(report, task), class_="served"),
    )


def _about(task: TaskReport) -> Safe:
    rows = f"{task.n_train:,} train · {task.n_test:,} test"
    if task.folds > 1:
        rows = f"{task.n_test:,} rows, {task.folds} folds"
    lines = [f"{task.kind} · {metric_name(task.metric)}", rows]
    if task.groups and task.group:
        lines.append(f"grouped by {task.group}: {task.groups:,}")
    return tag("small", join((tag("span", line) for line in lines), " "))


def _values(task: TaskReport) -> Safe:
    ours = join(
        [
            tag("b", figure(task.value, task.metric)),
            tag("span", span(task.low, task.high, task.metric), class_="ends"),
        ],
        " ",
    )
    control = task.control if task.verdict != "apart" else None  # else it is the same part
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
    return tag("div", f"about {rounded(task.rows_needed)} more rows would decide", class_="under")


def _served(report: Report, task: TaskReport) -> Safe:
    parts = report.model.parts if report.model else ()
    shared = next((len(part.tasks) for part in parts if part.name == task.part), 0)
    where = f"shared by {shared} tasks" if shared > 1 else "on its own" if shared else ""
    lines = [where + _passes(task)] if where else []
    if task.learned_with:
        lines.append(f"helped by {', '.join(task.learned_with)}")
    if task.control and task.verdict != "apart":
        same = task.control.recipe == task.recipe
        recipe = "the same" if same else recipe_text(task.control.recipe)
        lines.append(f"control: {recipe}{_passes(task.control)}")
    shown = join(tag("div", line, class_="under") for line in lines)
    return join([tag("code", recipe_text(task.recipe)), shown])


def _passes(arm: TaskReport | Control) -> str:
    passes, told = arm.passes, ""
    if passes is not None:
        told += f", {passes:g} pass{'' if passes == 1 else 'es'}"
    return told + (f", {arm.seeds} seeds" if arm.seeds > 1 else "")


def _legend(report: Report) -> Safe:
    margin = figure(report.margin)
    items = [
        ("●", "the model, with its 95 % interval", "k-ours"),
        ("○", "the control: the best single-task part the budget allowed", "k-control"),
        ("┊", "the floor: the best constant answer; the axis widens towards 100", "k-floor"),
        ("▒", f"the margin of {margin} points within which a task counts as no worse", "k-margin"),
    ]
    if not _compared(report):
        items = [item for item in items if item[2] in {"k-ours", "k-floor"}]
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
