"""Tags: one a token, repaired where the BIO scheme is broken, refused where they do not align."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from polytask.tasks.task import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import polars as pl

_SPAN = re.compile(r"O|[BIESLUM]-.+")
_SCHEME = {"S": "B", "U": "B", "E": "I", "L": "I", "M": "I"}


def tags(
    lists: pl.Series, tokens: pl.Series, place: Callable[[int], str], name: str
) -> tuple[list[list[str] | None], list[Finding]]:
    """Tags a row; `None` where there are none or their number is not that of the tokens.

    Span tags of other schemes (BIOES, BILOU, IOB1) are rewritten as BIO.

    Args:
        lists: Tags of each row.
        tokens: Tokens of each row.
        place: Where a row stands, for the findings.
        name: The task.
    """
    values: list[list[str] | None] = []
    uneven: list[int] = []
    repaired: list[int] = []
    rows = lists.to_list()
    spans = is_span(rows)
    for number, (row, words) in enumerate(zip(rows, tokens.to_list(), strict=True)):
        if row is None or words is None or len(row) != len(words):
            values.append(None)
            if row is not None and words is not None:
                uneven.append(number)
            continue
        fixed = repair(row) if spans else row
        values.append(fixed)
        if fixed != row:
            repaired.append(number)
    return values, [*_uneven(uneven, rows, tokens, place, name), *_repaired(repaired, place, name)]


def is_span(rows: Sequence[list[str] | None]) -> bool:
    """Whether all tags mark spans: O, or a letter of a span scheme, a hyphen and a type."""
    found = {tag for row in rows for tag in row or ()}
    marked = any(tag.startswith(("B-", "I-")) for tag in found)
    return marked and all(_SPAN.fullmatch(tag) for tag in found)


def repair(tags: Sequence[str]) -> list[str]:
    """Valid BIO: a span begins with B; S and U become B; E, L and M become I.

    >>> repair(["I-x", "I-x", "O", "B-y", "I-x", "S-z"])
    ['B-x', 'I-x', 'O', 'B-y', 'B-x', 'B-z']
    """
    fixed: list[str] = []
    inside = ""
    for tag in tags:
        letter, _, kind = tag.partition("-")
        letter = _SCHEME.get(letter, letter)
        if letter == "I" and kind != inside:
            letter = "B"
        fixed.append(f"{letter}-{kind}" if kind else tag)
        inside = kind if letter != "O" else ""
    return fixed


def _uneven(
    rows: list[int],
    lists: list[list[str] | None],
    tokens: pl.Series,
    place: Callable[[int], str],
    name: str,
) -> list[Finding]:
    if not rows:
        return []
    listed = ", ".join(
        f"{place(row)} ({len(lists[row] or ())} tags, {len(tokens[row])} tokens)"
        for row in rows[:5]
    )
    message = (
        f"Task {name!r}: {len(rows):,} rows have another number of tags than tokens and are "
        f"skipped for this task: {listed}"
    )
    return [Finding("uneven_tags", message, name, len(rows))]


def _repaired(rows: list[int], place: Callable[[int], str], name: str) -> list[Finding]:
    if not rows:
        return []
    listed = ", ".join(place(row) for row in rows[:5])
    message = (
        f"Task {name!r}: the tags of {len(rows):,} rows were no valid BIO (a span that begins "
        f"with I, or another scheme) and were repaired: {listed}"
    )
    return [Finding("repaired_tags", message, name, len(rows))]
