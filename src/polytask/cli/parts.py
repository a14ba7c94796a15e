"""What `polytask recipes` prints, as rich renderables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from polytask.cli.tables import points
from polytask.workflow.describing import measured

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import RenderableType

    from polytask.workflow.describing import Described

UNMEASURED = "passed through, not measured"


def parts_table(found: Sequence[Described]) -> Group:
    """Every part with a line, kind by kind."""
    kinds = dict.fromkeys(part.kind for part in found)
    blocks: list[RenderableType] = []
    for kind in kinds:
        blocks += [_lines(kind, [part for part in found if part.kind == kind]), Text()]
    told = f"Gained: points on dev; {_sets()}. –: {UNMEASURED}. `polytask recipes NAME` says more."
    return Group(*blocks, Text(told))


def part_page(part: Described) -> Group:
    """All about one part."""
    lines: list[RenderableType] = [
        Text(part.signature, style="bold"),
        Text(f"{part.kind}; costs {part.cost}"),
        Text(),
        Text(part.about),
        Text(),
        Text("Where to write it", style="bold"),
        *(Text(f"  {place}: {text}") for place, text in part.places.items()),
        Text(),
        Text("Measured", style="bold"),
    ]
    if part.measured:
        lines += [_measured(part.measured), Text(f"{_sets()}; commit {measured()['commit']}")]
    else:
        lines.append(Text(f"  {UNMEASURED}"))
    return Group(*lines)


def gains(part: Described) -> str:
    """The gains of a part by set, in one phrase."""
    told = [f"{row['set']} {points(row['gain']['value'], '+')}" for row in part.measured]
    return ", ".join(told) or "–"


def _lines(kind: str, parts: Sequence[Described]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0), expand=True)
    for column, ratio in ((kind, 2), ("what for", 5), ("costs", 4), ("source", 4), ("gained", 2)):
        table.add_column(column, overflow="fold", ratio=ratio)
    for part in parts:
        sources = "; ".join(part.sources) or "–"
        table.add_row(part.name, part.summary, part.cost or "–", sources, gains(part))
    return table


def _measured(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for column in ("set", "recipe", "seeds", "gain", "interval", "CPU time", "by task"):
        table.add_column(column, overflow="fold")
    for row in rows:
        gain = row["gain"]
        table.add_row(
            row["set"],
            row["recipe"],
            str(len(row["seeds"])),
            points(gain["value"], "+"),
            f"{points(gain['low'], '+')} to {points(gain['high'], '+')}",
            f"× {row['cost']:.2f}",
            ", ".join(f"{task} {points(value, '+')}" for task, value in row["tasks"].items()),
        )
    return table


def _sets() -> str:
    return "; ".join(f"{name}: {text}" for name, text in measured()["sets"].items()) or "none yet"
