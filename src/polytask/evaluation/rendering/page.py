"""The HTML page: sections one below the other, in one file that asks nothing of the network."""

from __future__ import annotations

import functools
from importlib import resources
from typing import TYPE_CHECKING

from polytask.evaluation.rendering.markup import Safe, join, tag
from polytask.evaluation.rendering.sections import (
    details,
    evidence,
    findings,
    front,
    helpers,
    language,
    moved,
    program,
    reproduce,
    results,
    summary,
    tried,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from polytask.evaluation.report import Report

_SECTIONS = (
    summary,
    results,
    details,
    front,
    tried,
    helpers,
    language,
    evidence,
    moved,
    findings,
    program,
    reproduce,
)
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""Told to the browser: no script, no request, whatever the data hold."""


def html(report: Report) -> str:
    """The report as one self-contained HTML page.

    Args:
        report: The measured run.

    Returns:
        A document without scripts or outside requests; readable in light and dark and in print.
    """
    parts = [part for module in _SECTIONS if (part := module.section(report))]
    return document(f"polytask · {report.source or 'report'}", parts)


def document(title: str, parts: Iterable[Safe]) -> str:
    """A page of its own: no script, nothing asked of the network.

    Args:
        title: Of the window.
        parts: What stands in it, one below the other.
    """
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=Safe(_POLICY)),
        tag("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name_="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Safe(_style())),
    )
    body = tag("body", tag("main", join(parts, "\n")))
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


@functools.cache
def _style() -> str:
    return resources.files("polytask.evaluation.rendering").joinpath("style.css").read_text("utf-8")
