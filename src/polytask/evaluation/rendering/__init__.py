"""Rendering a report: one self-contained HTML page, or a table for the terminal.

Imports the report's values only; nothing here measures or decides. `plots/` turns a report into
plot data and then into SVG, `sections/` holds one part of the page a file, `markup` escapes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask.evaluation.rendering.page import html

if TYPE_CHECKING:
    from rich.console import Group

    from polytask.evaluation.report import Report

__all__ = ["html", "terminal"]


def terminal(report: Report, *, model: str = "", page: str = "") -> Group:
    """What a run ends with on the terminal: sentence, table, where the results lie.

    Args:
        report: The measured run.
        model: Where the model lies, or "".
        page: Where the HTML report lies, or "".
    """
    from polytask.evaluation.rendering.console import build  # rich is loaded only where it is used

    return build(report, model=model, page=page)
