"""What `polytask knowledge` prints."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from polytask.cli.tables import megabytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from polytask.knowledge import Facts, Record, Store


def knowledge_table(store: Store, records: Sequence[Record], *, is_on: bool, model: str) -> Group:
    """One line a run, the latest first; where it lies, whether it and a model of it are used."""
    lines = [Text(f"{len(records)} runs in {store.path}, {megabytes(store.bytes)}")]
    if store.problem:
        lines.append(Text(f"! {store.problem}", style="yellow"))
    if not is_on:
        lines.append(Text("POLYTASK_KNOWLEDGE=off: no run is added and no plan asks it"))
    if not records:
        return Group(*lines)
    found = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in ("run", "name", "day", "tasks", "candidates", "best", "proposed to it"):
        found.add_column(column, overflow="fold")
    for record in reversed(records):
        best = filter(None, map(record.best, range(len(record.tasks))))
        cells = [record.run, record.name, record.day, _tasks(record.tasks)]
        cells += [str(len(record.candidates)), ", ".join(dict.fromkeys(best)), _proposed(record)]
        found.add_row(*map(Text, cells))  # a plain str would be read as markup
    ending: list[RenderableType] = [
        found,
        Text(f"Model of these runs: {model}"),
        Text("Forget: polytask knowledge --forget RUN, or all"),
    ]
    return Group(*lines, Text(), *ending)


def _tasks(tasks: Sequence[Facts]) -> str:
    """The tasks in a phrase.

    >>> from polytask.knowledge import Facts
    >>> _tasks([Facts("binary", "accuracy", "text", "en", 1200, 2, 9.0)] * 2)
    '2 binary on text (en); 1,200 rows'
    """
    counted = Counter(
        f"{one.kind} on {one.modality}{f' ({one.language})' if one.language else ''}"
        for one in tasks
    )
    kinds = ", ".join(f"{count} {kind}" for kind, count in counted.items())
    rows = sorted({one.rows for one in tasks})
    span = f"{rows[0]:,}–{rows[-1]:,}" if len(rows) > 1 else f"{rows[0]:,}" if rows else "no"
    return f"{kinds}; {span} rows"


def _proposed(record: Record) -> str:
    """What earlier runs proposed to a run, and for how many of its tasks it was the best."""
    best = [record.best(place) for place in range(len(record.tasks))]
    return ", ".join(f"{one}: best of {best.count(one)}" for one in record.proposed) or "–"
