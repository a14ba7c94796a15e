"""Two runs side by side, as rich renderables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from polytask.evaluation.rendering.figures import ABSENT, count, duration, figure, recipe_text, span
from polytask.evaluation.rendering.markup import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from polytask.workflow.diffing import Diff, Side

_STYLES = {"+": "green", "-": "red", "@": "cyan"}
_MOST = 12  # candidates named; more are counted


def side_by_side(found: Diff) -> Group:
    """Results, options, candidates and plans that differ."""
    return Group(*_parts(found))


def _parts(found: Diff) -> Iterator[RenderableType]:
    yield _results(found)
    note = "Each figure is of its run's own test rows; `polytask compare` holds both on the same."
    yield Text(note, style="dim")
    if found.settings:
        table = _table("option", "A", "B")
        for name, values in found.settings.items():
            table.add_row(name, *(visible(value) or ABSENT for value in values))
        yield ""
        yield table
    for side, names in (("A", found.only_first), ("B", found.only_second)):
        if names:
            yield Text(f"\nTrained in {side} alone", style="bold")
            yield from _named(names)
    yield ""
    if not found.plan:
        yield Text("The plans are equal.")
    for line in found.plan:
        yield Text(visible(line), style=_STYLES.get(line[:1], ""))


def _results(found: Diff) -> Table:
    table = _table("task", "A", "B", "recipe A", "recipe B")
    for task in found.tasks:
        cells = [_figure(side, task.metric) for side in (task.first, task.second)]
        recipes = [_recipe(side) for side in (task.first, task.second)]
        if recipes[0] == recipes[1]:
            recipes[1] = "the same"
        table.add_row(f"{visible(task.name)} ({task.metric})", *cells, *recipes)
    table.add_row("parameters", *(count(number) for number in found.parameters))
    table.add_row("time", *(duration(seconds) for seconds in found.seconds))
    return table


def _figure(side: Side | None, metric: str) -> str:
    if side is None:
        return ABSENT
    told = [figure(side.value, metric), span(side.low, side.high, metric), f"n {side.n_test:,}"]
    return "\n".join([" ".join(filter(None, told)), *filter(None, [side.verdict])])


def _recipe(side: Side | None) -> str:
    if side is None:
        return ABSENT
    others = f"\nlearned with {', '.join(side.learned_with)}" if side.learned_with else ""
    return visible(recipe_text(side.recipe) + others)


def _named(names: Sequence[str]) -> Iterator[Text]:
    for name in names[:_MOST]:
        yield Text(f"  {visible(name)}")
    if len(names) > _MOST:
        yield Text(f"  and {len(names) - _MOST} more", style="dim")


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
