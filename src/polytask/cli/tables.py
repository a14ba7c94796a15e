"""Tables that commands print, as rich renderables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import RenderableType

    from polytask.tasks.profile import Profile


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def profile_tables(found: Profile) -> Group:
    """What `polytask check` says: tasks, reasons, findings."""
    tasks = _table(
        "task", "kind", "metric", "train", "dev", "test", "classes", "imbalance", "length", "lang"
    )
    reasons: list[RenderableType] = []
    for task in (*found.tasks.values(), *found.helpers.values()):
        rows = [f"{n:,}" for n in (task.n_train, task.n_dev, task.n_test)]
        if task.folds > 1:
            rows[2] = f"{task.folds} folds"
        if task.name in found.helpers:
            rows[1:] = ["–", "helper"]
        tasks.add_row(
            task.name,
            task.kind,
            task.metric,
            *rows,
            str(len(task.classes) or "–"),
            f"{task.imbalance:.1f}" if task.imbalance else "–",
            f"{task.mean_length:.0f} (max {task.max_length:,})" if task.max_length else "–",
            task.language or "–",
        )
        loss = f"; {task.loss} where an encoder is trained" if task.loss else ""
        reasons.append(Text(f"  {task.name}: {task.reason}{loss}"))
    lines: list[RenderableType] = [tasks, Text(), Text("Why", style="bold"), *reasons]
    if found.findings:
        lines += [Text(), Text("Findings", style="bold")]
        lines += [_finding(finding.severity, finding.message) for finding in found.findings]
    else:
        lines += [Text(), Text("No findings.")]
    return Group(*lines)


def _finding(severity: str, message: str) -> Text:
    mark, style = ("!", "yellow") if severity == "warning" else ("·", "dim")
    return Text(f"  {mark} {message}", style=style)


def evaluation_table(found: Mapping[str, Any]) -> Table:
    """What `polytask evaluate` says."""
    table = _table("task", "metric", "rows", "value", "interval")
    for name, task in found.items():
        table.add_row(name, task["metric"], f"{task['rows']:,}", points(task["value"]), span(task))
    return table


def comparison_table(found: Mapping[str, Any]) -> Table:
    """What `polytask compare` says."""
    table = _table("task", "metric", "rows", "A", "B", "gain of A", "interval", "verdict")
    for name, task in found.items():
        gain = task["gain"]
        needed = f" (about {task['rows_needed']:,} more rows would)" if task["rows_needed"] else ""
        table.add_row(
            name,
            task["metric"],
            f"{task['rows']:,}",
            points(task["a"]),
            points(task["b"]),
            points(gain["value"], "+"),
            f"{points(gain['low'], '+')} to {points(gain['high'], '+')}",
            task["verdict"] + needed,
        )
    return table


def points(value: float | None, sign: str = "") -> str:
    """A fraction as points; with the sign "+" as a difference.

    >>> points(0.9134), points(0.02, "+"), points(None)
    ('91.3', '+2.0', '–')
    """
    return "–" if value is None else f"{100 * value:{sign}.1f}"


def span(task: Mapping[str, Any]) -> str:
    """An interval in points."""
    return f"{points(task['low'])} to {points(task['high'])}"


def runs_table(found: Sequence[Mapping[str, Any]]) -> RenderableType:
    """What `polytask runs` says."""
    if not found:
        return Text("No runs here.")
    table = _table("run", "state", "size", "sentence")
    for run in found:
        table.add_row(run["path"], run["state"], megabytes(run["bytes"]), run["sentence"])
    return table


def megabytes(count: int) -> str:
    """Bytes as megabytes."""
    return f"{count / 1e6:,.1f} MB"


def doctor_table(found: Mapping[str, Any]) -> Group:
    """What `polytask doctor` says."""
    table = _table("what", "found")
    table.add_row("polytask", f"{found['polytask']} on Python {found['python']}")
    table.add_row("libraries", ", ".join(f"{k} {v}" for k, v in found["libraries"].items()))
    for name, told in found["extras"].items():
        missing = f"not here: pip install 'polytask[{name}]'"  # as text: brackets are no markup
        table.add_row(f"extra {name}", Text(told or missing))
    processor = found["processor"]
    fast = "has bfloat16" if processor["bfloat16"] else "no bfloat16: training runs in float32"
    table.add_row("processor", f"{processor['machine']}, {fast}, {processor['system']}")
    table.add_row("home", f"{found['home']} ({found['disk_free'] / 1e9:.0f} GB free)")
    for name, count in found["sizes"].items():
        table.add_row(f"  {name}", megabytes(count))
    for name, path in found["weights"].items():
        table.add_row(f"weights {name}", path or f"not here: polytask weights get {name}")
    troubles = [Text(f"! {text}", style="yellow") for text in found["troubles"]]
    return Group(table, *(troubles or [Text("No known troubles.", style="green")]))


def weights_table() -> Table:
    """What `polytask weights list` says."""
    from polytask.learning.weights import WEIGHTS, find

    table = _table("name", "for", "download", "licence", "here")
    for name, source in WEIGHTS.items():
        place = str(find(name) or "no")
        table.add_row(name, source.about, f"{source.megabytes} MB", source.licence, place)
    return table
