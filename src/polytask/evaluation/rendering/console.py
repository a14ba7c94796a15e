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
    recipe_text,
    signed,
    span,
)
from polytask.evaluation.rendering.markup import visible
from polytask.evaluation.rendering.sections import evidence, helpers, language
from polytask.evaluation.rendering.sections import front as sections_front
from polytask.evaluation.rendering.verdicts import verdict_word
from polytask.evaluation.report import sentence
from polytask.evaluation.report.naming import metric_name

if TYPE_CHECKING:
    from rich.console import RenderableType

    from polytask.evaluation.report import Front, Report, TaskReport

_STYLES = {
    "better": "bold green",
    "no worse": "blue",
    "worse": "bold red",
    "failed": "bold red",
    "not decidable": "yellow",
    "kept apart": "magenta",
}
_HEADS = ("task", "value", "control", "gain", "verdict", "recipe")
_FOLDED = frozenset({"task", "recipe"})
_LEAST = {"task": 22, "recipe": 14}  # "multiclass · accuracy" stays on one line


def build(report: Report, *, model: str = "", page: str = "") -> Group:
    """Sentence, warnings, table and places, one below the other.

    Args:
        report: The measured run.
        model: Where the model lies, or "".
        page: Where the HTML report lies, or "".
    """
    said = report.timing.sentence or report.sentence or sentence(report, speed=True)
    parts: list[RenderableType] = [Text(visible(said), style="bold")]
    parts += [Text(f"! {visible(text)}", style="yellow") for text in report.warnings]
    parts += [Text(""), results(report), Text(_legend(report), style="dim"), Text("")]
    if report.helpers:
        parts += [helped(report), Text("")]
    if report.front:
        parts += [*weighed(report, report.front), Text("")]
    parts += proposed(report)
    parts += asked(report)
    places = {"model": model, "report": page}
    parts += [Text(f"{name:<7}{visible(place)}") for name, place in places.items() if place]
    return Group(*parts)


def results(report: Report) -> Table:
    """The table of tasks, two lines each; fits 80 columns, long names are folded."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for head in _HEADS:
        folded = head in _FOLDED
        table.add_column(head, overflow="fold", no_wrap=not folded, min_width=_LEAST.get(head))
    for name, task in report.tasks.items():
        table.add_row(*_cells(report, name, task))
    return table


def weighed(report: Report, front: Front) -> list[RenderableType]:
    """The choices of parts that the model was taken from."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for head in sections_front.HEADS:
        table.add_column(head, overflow="fold")
    for one in front.offers:
        line = sections_front.cells(report, front, one)
        style = "bold green" if one.chosen else ""
        table.add_row(*(Text(visible(cell), style=style) for cell in line))
    shown = [table] if front.offers else []
    return [*shown, Text(sections_front.told(report, front), style="dim")]


def helped(report: Report) -> Table:
    """The table of sets that are not served: what each gave a task on dev."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for head in helpers.HEADS:
        table.add_column(head, overflow="fold")
    for one in report.helpers:
        task, sets, rows, similarity, gain, ends, used = helpers.cells(report, one)
        shown = _two(gain, ends) if ends else Text(gain)
        table.add_row(visible(task), visible(sets), rows, similarity, shown, used)
    return table


def proposed(report: Report) -> list[RenderableType]:
    """What those who proposed groups of tasks were worth; nothing where none can be told."""
    if report.evidence is None or not report.evidence.proposers:
        return []
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for head in evidence.HEADS:
        table.add_column(head, overflow="fold")
    for one in report.evidence.proposers:
        table.add_row(*map(visible, evidence.cells(one)))
    note = "which tasks gain together, proposed before it was tried; regret in points, on dev"
    return [table, Text(note, style="dim"), Text("")]


def asked(report: Report) -> list[RenderableType]:
    """What a language model did, and its own answers; nothing where the run had none."""
    if report.language_model is None:
        return []
    parts: list[RenderableType] = [
        Text(visible(one), style="dim") for one in language.lines(report)
    ]
    arms = report.language_model.prompted
    parts += [prompted(report)] if arms else []
    notes = (f"{one.name}: {one.reason}" for one in arms if one.reason)
    return [*parts, *(Text(visible(note), style="dim") for note in notes), Text("")]


def prompted(report: Report) -> Table:
    """The table of tasks answered by prompting a language model."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for head in language.HEADS[:-1]:
        table.add_column(head, overflow="fold")
    for one in report.language_model.prompted if report.language_model else ():
        name, *figures, _ = language.cells(report, one)
        way = one.name.removeprefix(one.task).lstrip(", ")
        lines = (Text("\n".join(cell.split(" (", 1)).rstrip(")")) for cell in figures)
        table.add_row(_two(visible(name.removesuffix(f", {way}")), way), *lines)
    return table


def _cells(report: Report, name: str, task: TaskReport) -> list[Text]:
    about = f"{task.kind} · {metric_name(task.metric)}"
    title = Text.assemble((visible(name), "bold"), "\n", (about, "dim"))
    word = verdict_word(report, task)
    verdict = Text(word, style=_STYLES.get(word, "dim"))
    if task.status != "ok":
        return [title, *[Text(ABSENT)] * 3, verdict, Text(visible(task.reason))]
    control, gain, metric = task.control, task.gain, task.metric
    return [
        title,
        _two(figure(task.value, metric), span(task.low, task.high, metric)),
        _two(figure(control.value, metric), span(control.low, control.high, metric))
        if control
        else Text(ABSENT),
        _two(signed(gain.value, metric), gain_span(gain.low, gain.high, metric))
        if gain
        else Text(ABSENT),
        verdict,
        _served(task),
    ]


def _served(task: TaskReport) -> Text:
    recipe = Text(visible(recipe_text(task.recipe)))
    if task.learned_with:
        recipe.append(f"\nhelped by {visible(', '.join(task.learned_with))}", style="dim")
    return recipe


def _two(value: str, ends: str) -> Text:
    return Text.assemble(value, "\n", (ends, "dim"))


def _legend(report: Report) -> str:
    seeds = f"; means of up to {report.repeats} seeds" if report.repeats > 1 else ""
    changed = [n for n, task in report.tasks.items() if task.control and task.control.in_use]
    other = f" (for {', '.join(map(visible, changed))}: the model in use before)" if changed else ""
    return (
        "points of 100, below them 95 % intervals; gain: over the best single-task control"
        f"{other}, its ends at Holm's levels over the tasks; margin {figure(report.margin)}{seeds}"
    )
