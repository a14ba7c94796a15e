"""What a run ends with on the terminal: the sentence, a table of tasks, where the results lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from polytask.evaluation.rendering.figures import (
    ABSENT,
    figure,
    gain_span,
    metric_name,
    recipe_name,
    signed,
    span,
)
from polytask.evaluation.rendering.markup import visible
from polytask.evaluation.report import sentence

if TYPE_CHECKING:
    from rich.console import RenderableType

    from polytask.evaluation.report import Report, TaskReport

_STYLES = {
    "better": "bold green",
    "no worse": "blue",
    "worse": "bold red",
    "not decidable": "yellow",
    "apart": "magenta",
}
_HEADS = ("task", "kind", "metric", "value", "control", "gain", "verdict", "recipe")


def build(report: Report, *, model: str = "", page: str = "") -> Group:
    """Sentence, warnings, table and places, one below the other.

    Args:
        report: The measured run.
        model: Where the model lies, or "".
        page: Where the HTML report lies, or "".
    """
    said = report.timing.sentence or report.sentence or sentence(report, speed=True)
    parts: list[RenderableType] = [Text(visible(said), style="bold"), Text("")]
    parts += [Text(f"! {visible(text)}", style="yellow") for text in report.warnings]
    parts += [results(report), Text(_legend(report), style="dim")]
    places = {"model": model, "report": page}
    parts += [Text(f"{name:<7}{visible(place)}") for name, place in places.items() if place]
    return Group(*parts)


def results(report: Report) -> Table:
    """The table of tasks; fits 100 columns, long names are folded."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    for head in _HEADS:
        folded = head in {"task", "recipe"}
        table.add_column(head, overflow="fold", no_wrap=not folded, min_width=8 if folded else None)
    for name, task in report.tasks.items():
        table.add_row(*_cells(name, task))
    return table


def _cells(name: str, task: TaskReport) -> list[Text]:
    start = [Text(visible(name), style="bold"), Text(task.kind), Text(metric_name(task.metric))]
    if task.status != "ok":
        empty = [Text(ABSENT, style="dim")] * 3
        return [*start, *empty, Text("failed", style="bold red"), Text(visible(task.reason))]
    control, gain = task.control, task.gain
    verdict = task.verdict or "no control"
    return [
        *start,
        _with_ends(figure(task.value, task.metric), span(task.low, task.high, task.metric)),
        Text(figure(control.value if control else None, task.metric)),
        _with_ends(
            signed(gain.value if gain else None, task.metric),
            gain_span(gain.low, gain.high, task.metric) if gain else "",
        ),
        Text(verdict, style=_STYLES.get(verdict, "dim")),
        Text(recipe_name(task.recipe)),
    ]


def _with_ends(value: str, ends: str) -> Text:
    return Text.assemble(value, (f" {ends}" if ends else "", "dim"))


def _legend(report: Report) -> str:
    return (
        "in points of 100 with 95 % intervals; gain over the best single-task control, "
        f"no worse: within {figure(report.margin)}"
    )
