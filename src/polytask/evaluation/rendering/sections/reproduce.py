"""How to get the same figures again: command, settings, versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask.evaluation.rendering.markup import Safe, data, join, table, tag

if TYPE_CHECKING:
    from polytask.evaluation.report import Report


def section(report: Report) -> Safe:
    """The command, and everything that changes results."""
    command = tag("pre", tag("code", report.command)) if report.command else None
    started = f" This run began {report.timing.started}." if report.timing.started else ""
    count = report.timing.workers
    workers = f" Its candidates had {count} workers (--workers {count})." if count > 1 else ""
    note = tag(
        "p",
        "The same command, data, settings and versions on the same kind of processor give the same"
        f" report.json, all but its timing.{started}{workers}",
        class_="under",
    )
    settings = {"seed": str(report.seed), **report.settings}
    tables = [_table("setting", settings), _table("version", report.versions)]
    side = tag("div", join(one for one in tables if one), class_="side")
    return tag("section", tag("h2", "Do it again"), command, note, side, id="again")


def _table(title: str, values: dict[str, str]) -> Safe | None:
    if not values:
        return None
    rows = [
        (tag("th", data(k), scope="row"), tag("td", data(v))) for k, v in sorted(values.items())
    ]
    return table((title, ""), rows, class_="compact")
