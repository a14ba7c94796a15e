"""What was noticed about the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask.evaluation.rendering.markup import Safe, data, number, table, tag

if TYPE_CHECKING:
    from polytask.evaluation.report import Finding, Report


def section(report: Report) -> Safe | None:
    """A line a finding, warnings first."""
    if not report.findings:
        return None
    ordered = sorted(report.findings, key=lambda found: found.severity != "warning")
    inner = table(
        ("", "where", number("rows", "th"), "what was found and done"), (_row(f) for f in ordered)
    )
    return tag("section", tag("h2", "The data"), tag("div", inner, class_="scroll"), id="data")


def _row(found: Finding) -> list[Safe]:
    level = "v-undecided" if found.severity == "warning" else "v-none"
    return [
        tag("td", tag("span", found.code.replace("_", " "), class_=f"pill {level}")),
        tag("td", data(found.where)),
        number(f"{found.count:,}" if found.count else ""),
        tag("td", data(found.message)),
    ]
