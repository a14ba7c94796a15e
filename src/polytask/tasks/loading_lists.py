"""Cells that hold lists: typed ones, JSON or Python lists as text, words set apart by spaces."""

from __future__ import annotations

import ast
import json

import polars as pl

from polytask._errors import DataError

LIST = pl.List(pl.String)


def as_lists(series: pl.Series, what: str, *, split: bool = False) -> pl.Series:
    """A column of lists of strings.

    Args:
        series: Lists, or text such as `["a", "b"]`.
        what: What the column is, as the start of an error message.
        split: Whether other text is split at white space (tokens and tags); else it is one item.

    Raises:
        DataError: The cells hold neither lists nor text.

    >>> as_lists(pl.Series(['["a", "b"]', "c", None]), "It").to_list()
    [['a', 'b'], ['c'], None]
    """
    if isinstance(series.dtype, pl.List):
        return series.cast(LIST).list.eval(pl.element().fill_null(""))
    if series.dtype != pl.String:
        raise DataError(f"{what} holds neither lists nor text ({series.dtype})")
    cells = [None if cell is None else _list(cell, split=split) for cell in series.to_list()]
    return pl.Series(series.name, cells, dtype=LIST)


def written_lists(series: pl.Series) -> bool:
    """Whether the cells of a text column are lists written as text."""
    if series.dtype != pl.String:
        return False
    looked = series.drop_nulls().head(200)
    return bool(len(looked)) and all(_parsed(cell) is not None for cell in looked)


def _list(cell: str, *, split: bool) -> list[str]:
    parsed = _parsed(cell)
    if parsed is not None:
        return parsed
    if split:
        return cell.split()
    return [cell.strip()] if cell.strip() else []


def _parsed(cell: str) -> list[str] | None:
    text = cell.strip()
    if not (text.startswith("[") and text.endswith("]")):
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            value = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(value, list) and all(isinstance(item, (str, int)) for item in value):
            return [str(item) for item in value]
    return None
