"""One task in detail: classes, confusion or residuals, worst mistakes, decisions, curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask.evaluation.prediction import NEVER
from polytask.evaluation.rendering.figures import ABSENT, figure
from polytask.evaluation.rendering.markup import Safe, data, join, number, picture, table, tag
from polytask.evaluation.rendering.plots import confusion, residuals
from polytask.evaluation.rendering.plots.curves import curves
from polytask.evaluation.rendering.sections.results import pill
from polytask.evaluation.report.naming import metric_name

if TYPE_CHECKING:
    from polytask.evaluation.report import ClassReport, DecisionReport, Mistake, Report, TaskReport

_OPEN = 3  # up to this many tasks are shown unfolded
_LONG = 16  # longer class tables scroll


def section(report: Report) -> Safe | None:
    """Every evaluated task, folded when there are many."""
    done = {name: task for name, task in report.tasks.items() if task.status == "ok"}
    if not done:
        return None
    shown = join(
        _task(report, name, task, unfold=len(done) <= _OPEN) for name, task in done.items()
    )
    return tag("section", tag("h2", "Task by task"), shown, id="tasks")


def _task(report: Report, name: str, task: TaskReport, *, unfold: bool) -> Safe:
    value = f"{metric_name(task.metric)} {figure(task.value, task.metric)}"
    summary = tag("summary", data(name, class_="task"), tag("span", value), pill(report, task))
    blocks = [
        _notes(task),
        _block("Learning", curves(report, name), "wide"),
        _block("Metrics", _metrics(task)),
        _block("By class", _classes(task), "classes-block"),
        _block("Confusion", confusion.plot(name, task.confusion) if task.confusion else None),
        _block("Residuals", residuals.plot(name, task.residuals) if task.residuals else None),
        _block("Worst mistakes", _worst(task), "wide"),
        _block("Decisions", _decisions(task.decisions) if task.decisions else None),
    ]
    return tag(
        "details",
        summary,
        tag("div", join(b for b in blocks if b), class_="blocks"),
        open=unfold,
        class_="task-detail",
    )


def _block(title: str, inner: Safe | None, extra: str = "") -> Safe | None:
    return tag("div", tag("h3", title), inner, class_=f"block {extra}".strip()) if inner else None


def _notes(task: TaskReport) -> Safe | None:
    inputs = join((data(name) for name in task.inputs), ", ")
    notes: list[object] = []
    if task.inputs:
        language = f" ({task.language})" if task.language else ""
        notes.append(join(["From ", inputs, language, "."]))
    if task.why:
        notes.append(join([f"Taken for {task.kind}: ", data(task.why)]))
    if task.unseen:
        seen = ", ".join(f"{label} ({count})" for label, count in task.unseen.items())
        notes.append(join(["Test labels that training never had, counted as wrong: ", data(seen)]))
    if task.truncated:
        notes.append(f"{task.truncated:,} inputs were cut at the encoder's length.")
    if task.windowed:
        notes.append(f"{task.windowed:,} long inputs were answered in windows.")
    if task.unreadable:
        notes.append(f"{task.unreadable:,} images could not be decoded and count as blank.")
    return tag("ul", join(tag("li", note) for note in notes), class_="notes") if notes else None


def _metrics(task: TaskReport) -> Safe | None:
    names = [name for name, value in task.metrics.items() if value is not None]
    if not names:
        return None
    columns = ("model", *(("control",) if task.control_metrics else ()))
    head = ("metric", *(number(column, "th") for column in columns))
    rows = [
        [
            tag("th", metric_name(name), scope="row"),
            *(
                number(figure(found.get(name), name))
                for found in (task.metrics, task.control_metrics)
                if found
            ),
        ]
        for name in names
    ]
    return table(head, rows, class_="compact")


def _classes(task: TaskReport) -> Safe | None:
    if not task.classes:
        return None
    counted = [number(name, "th") for name in ("precision", "recall", "F1")]
    head = ("class", *counted, "", number("rows", "th"))
    inner = table(head, (_class(one) for one in task.classes), class_="classes")
    return tag("div", inner, class_="scroll tall" if len(task.classes) > _LONG else "scroll")


def _class(one: ClassReport) -> list[Safe]:
    width = 100 * (one.f1 or 0.0)
    bar = tag("div", tag("i", style=f"width:{width:.1f}%"), class_="bar", aria_hidden="true")
    shown = [number(figure(v)) for v in (one.precision, one.recall, one.f1)]
    rows = number(f"{one.support:,}")
    return [tag("th", data(one.label), scope="row"), *shown, tag("td", bar), rows]


def _worst(task: TaskReport) -> Safe | None:
    if not task.worst:
        return None
    return tag("ul", join(_mistake(one) for one in task.worst), class_="mistakes")


def _mistake(one: Mistake) -> Safe:
    image = (
        picture(one.image, f"row {one.row}" if one.row is not None else "input")
        if one.image
        else None
    )
    sure = "" if one.confidence is None else f"{100 * one.confidence:.0f} % sure"
    row = "" if one.row is None else f"row {one.row}"
    answer = tag(
        "div",
        tag("span", data(one.answer), class_="given"),
        " instead of ",
        tag("span", data(one.target), class_="right"),
    )
    under = tag("div", " · ".join(item for item in (sure, row) if item), class_="under")
    quoted = tag("blockquote", data(one.input)) if one.input else None
    return tag("li", image, tag("div", quoted, answer, under), class_="image" if image else None)


def _decisions(decisions: DecisionReport) -> Safe:
    notes = [f"Scores are divided by a temperature of {decisions.temperature:.3g}, fitted on dev."]
    asked = f"{100 * decisions.error_rate:g} % errors"
    if decisions.sure_from >= NEVER:
        notes.append(f"No answer counts as sure: no confidence kept {asked} among sure answers.")
    elif decisions.sure_from > 0 or decisions.coverage is not None:
        notes.append(
            f"An answer is sure from a confidence of {decisions.sure_from:.2f}, fitted for at most "
            f"{asked} among sure answers: {_percent(decisions.coverage)} of the test rows are "
            f"answered for sure, {_percent(decisions.error)} of those wrongly."
        )
    chosen = sorted(decisions.thresholds.items())
    shown = None
    if chosen:
        rows = [
            (tag("th", data(k), scope="row"), tag("td", f"{v:.2f}", class_="num"))
            for k, v in chosen
        ]
        fold = tag("summary", f"{len(chosen)} thresholds")
        shown = tag("details", fold, table(("label", "given from"), rows, class_="compact"))
    return join([tag("ul", join(tag("li", note) for note in notes), class_="notes"), shown or ""])


def _percent(value: float | None) -> str:
    return ABSENT if value is None else f"{100 * value:.1f} %"
