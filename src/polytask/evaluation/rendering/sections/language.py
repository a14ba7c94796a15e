"""The language model of a run: what its plans gave, and its own answers beside the model's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask.evaluation.rendering.figures import ABSENT, figure, span
from polytask.evaluation.rendering.markup import Safe, data, join, number, table, tag
from polytask.evaluation.report.naming import metric_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from polytask.evaluation.report import LanguageModel, Prompted, Report

HEADS = ("task", "prompted", "rows", "trained", "outside", "s / 1,000", "cost / 1,000", "note")


def section(report: Report) -> Safe | None:
    """What was asked of the language model, and a line a task that it was prompted for."""
    model = report.language_model
    if model is None:
        return None
    parts = [tag("h2", "The language model")]
    parts += [tag("p", data(line), class_="under") for line in lines(report)]
    if model.prompted:
        head = [number(name, "th") if name in HEADS[4:7] else name for name in HEADS]
        parts += [table(head, [_row(report, one) for one in model.prompted], class_="helpers")]
    return tag("section", join(parts), id="language")


def lines(report: Report) -> Iterator[str]:
    """What it did, in sentences."""
    model = report.language_model
    if model is None:
        return
    cost = "" if model.cost is None else f", which cost {_money(model.cost)}"
    yield (
        f"{model.model} at {model.address}: {_plans(model)}. {model.tokens:,} tokens in all{cost}."
    )
    if model.chose:
        yield f"{model.chose}."
    if model.answered:
        yield f"It answered {model.answered:,} prompts of task programs, which hold what they say."
    if model.prompted:
        ms = report.timing.latency.model if report.timing.latency else None
        quick = "" if ms is None else f" The trained model takes {ms:.3g} s for 1,000 rows."
        yield (
            "Why not just prompt it? Below it answers some of the test rows itself, after all was "
            f"decided; “outside” are answers that are none, which count as wrong.{quick}"
        )


def cells(report: Report, one: Prompted) -> tuple[str, str, str, str, str, str, str, str]:
    """What a line says: task and way, prompted and trained figures, rows, times, costs, a note."""
    trained = report.tasks.get(one.task)
    same = trained is not None and trained.metric == one.metric
    took = report.timing.prompted.get(one.name)
    return (
        one.name,
        _figure(one.value, one.low, one.high, one.metric) if one.rows else ABSENT,
        str(one.rows),
        _figure(trained.value, trained.low, trained.high, one.metric)
        if trained and same
        else f"by {metric_name(trained.metric)}"
        if trained
        else ABSENT,
        str(one.outside) if one.rows else ABSENT,
        ABSENT if took is None else f"{took / 1000:.3g}",
        ABSENT if one.cost is None else _money(one.cost),
        one.reason,
    )


def _plans(model: LanguageModel) -> str:
    if not model.asked:
        return "not asked for plans"
    used = f"used for {', '.join(model.used)}" if model.used else "none used"
    rows = "some training rows" if model.shared else "no rows"
    return (
        f"asked for plans {model.asked} times, shown {rows} for them; {model.tried} tried, {used}"
    )


def _figure(value: float | None, low: float | None, high: float | None, metric: str) -> str:
    return f"{figure(value, metric)} ({span(low, high, metric)})"


def _money(cost: float) -> str:
    return f"{cost:.2g}"


def _row(report: Report, one: Prompted) -> list[Safe]:
    name, *shown, note = cells(report, one)
    first, rows, trained, *figures = shown
    return [
        tag("th", data(name), scope="row"),
        tag("td", first, class_="figures"),
        number(rows),
        tag("td", trained, class_="figures"),
        *[number(cell) for cell in figures],
        tag("td", data(note)),
    ]
