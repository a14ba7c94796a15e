"""What the values of one column look like, in figures; no decision is taken here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import polars as pl

from polytask.tasks.profile import WORD

if TYPE_CHECKING:
    from collections.abc import Sequence

Shape = Literal["text", "number", "list", "image", "path", "date", "other"]

MISSING = ("", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "--", "?", "missing")
"""Cells, lower case and stripped, that stand for "no number here"."""
LARGEST = 1e30
"""The largest number, in size, that is learned from: squares of larger ones overflow."""
SAMPLE = 4000
_IMAGE_PATH = r"(?i)\.(png|jpe?g|gif|bmp|webp|tiff?)$"
_DATE = (
    r"^\s*(\d{4}[-/.年]\d{1,2}([-/.月]\d{1,2}日?)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})"
    r"([T ]\d{1,2}:\d{2}.*)?\s*$"
)
_CLOCK = r"^\s*\d{1,2}:\d{2}(:\d{2})?\s*$"
_CODE = (
    r"^(https?://\S+|\S+@\S+\.\w+|[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}"
    r"|[A-Za-z]{0,6}[-_/#]?\d{2,})$"
)
_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")


@dataclass(frozen=True)
class Facts:
    """Figures of one column.

    Args:
        name: The column.
        shape: What its values are: "text" and "number" whether typed or written as text, "list"
            (of strings), "image" (encoded bytes), "path" (strings that end like image files),
            "date", or "other" (bytes that are no image, structures, lists of numbers).
        rows: Rows of the table.
        filled: Rows with a value.
        unique: Distinct values; for lists distinct items.
        words: Mean words a value; for lists mean items.
        chars: Mean characters a value.
        integer: Numbers: whether all are whole.
        low: Numbers: the smallest.
        high: Numbers: the largest.
        codes: Share of values that look like codes (addresses, hex, letters then digits).
        values: The distinct values in order, if they are few.
    """

    name: str
    shape: Shape
    rows: int
    filled: int
    unique: int = 0
    words: float = 0.0
    chars: float = 0.0
    integer: bool = False
    low: float = 0.0
    high: float = 0.0
    codes: float = 0.0
    values: tuple[str, ...] = ()


def facts(series: pl.Series) -> Facts:
    """Look at the values of a column.

    >>> facts(pl.Series("age", ["31", "42", "n/a"])).shape
    'number'
    """
    dtype = series.dtype
    filled = len(series) - series.null_count()
    if dtype == pl.Boolean:
        series = series.cast(pl.Int8)
        dtype = pl.Int8()
    if isinstance(dtype, pl.List) and filled:
        return _list(series, filled)
    if dtype.is_numeric():
        return _number(series, series.cast(pl.Float64))
    if isinstance(dtype, (pl.String, pl.Categorical, pl.Enum)):
        return _string(series.cast(pl.String))
    if dtype == pl.Binary and _is_image(series):
        return Facts(series.name, "image", len(series), filled)
    shape: Shape = "date" if dtype.is_temporal() else "other"
    return Facts(series.name, shape, len(series), filled)


def numbers(series: pl.Series) -> pl.Series:
    """The values as numbers; null where they are none, NaN, or beyond `LARGEST` in size."""
    parsed = _finite(series)
    return parsed.set((parsed.abs() > LARGEST).fill_null(value=False), None)


def _finite(series: pl.Series) -> pl.Series:
    if series.dtype == pl.String:
        series = series.str.strip_chars().cast(pl.Float64, strict=False)
    parsed = series.cast(pl.Float64)
    return parsed.set(~parsed.is_finite().fill_null(value=False), None)


def missing(series: pl.Series) -> pl.Series:
    """Which cells of a text column are empty or stand for a missing number."""
    return series.str.strip_chars().str.to_lowercase().is_in(MISSING).fill_null(value=True)


def sample(series: pl.Series) -> pl.Series:
    """Some of the filled values, the same ones each time."""
    values = series.drop_nulls()
    return values if len(values) <= SAMPLE else values.sample(SAMPLE, seed=0)


def _string(series: pl.Series) -> Facts:
    gaps = missing(series)
    values = series.filter(~gaps)
    parsed = _finite(values)
    if len(values) and parsed.null_count() <= 0.05 * len(values):
        return _number(series, _finite(series))
    stripped = series.str.strip_chars()
    text = stripped.filter((stripped != "").fill_null(value=False))
    looked = sample(text)
    shape: Shape = "text"
    if _share(looked, _IMAGE_PATH) >= 0.9:
        shape = "path"
    elif _share(looked, _DATE) >= 0.9 or _share(looked, _CLOCK) >= 0.9:
        shape = "date"
    unique = text.n_unique()
    return Facts(
        series.name,
        shape,
        len(series),
        len(text),
        unique=unique,
        words=_mean(looked.str.count_matches(WORD)),
        chars=_mean(looked.str.len_chars()),
        codes=_share(looked, _CODE),
        values=_values(text, unique),
    )


def _number(series: pl.Series, parsed: pl.Series) -> Facts:
    values = parsed.filter(parsed.is_finite().fill_null(value=False))
    if not len(values):
        return Facts(series.name, "number", len(series), 0)
    low, high = values.min(), values.max()
    unique = values.n_unique()
    return Facts(
        series.name,
        "number",
        len(series),
        len(values),
        unique=unique,
        integer=bool((values == values.round()).all()),
        low=float(low),  # type: ignore[arg-type]
        high=float(high),  # type: ignore[arg-type]
        values=_values(values.cast(pl.String), unique),
    )


def _list(series: pl.Series, filled: int) -> Facts:
    inner = series.explode().drop_nulls()
    if inner.dtype not in (pl.String, pl.Categorical):
        return Facts(series.name, "other", len(series), filled)
    unique = inner.n_unique()
    return Facts(
        series.name,
        "list",
        len(series),
        filled,
        unique=unique,
        words=len(inner) / filled,
        chars=_mean(sample(inner).str.len_chars()),
        values=_values(inner, unique),
    )


def _is_image(series: pl.Series) -> bool:
    heads = [value[:12] for value in series.drop_nulls().head(20)]
    found = [head.startswith(_MAGIC) or head[8:12] == b"WEBP" for head in heads]
    return bool(found) and sum(found) * 2 > len(found)


def _values(series: pl.Series, unique: int) -> tuple[str, ...]:
    return tuple(sorted(series.unique().to_list())) if unique <= 20 else ()


def _share(series: pl.Series, pattern: str) -> float:
    return _mean(series.str.contains(pattern)) if len(series) else 0.0


def _mean(series: pl.Series) -> float:
    value = series.mean()
    return float(value) if isinstance(value, (int, float)) else 0.0


def aligned(left: pl.Series, right: pl.Series) -> float:
    """Share of the rows (with a value in both) where two lists are of the same length."""
    both = left.is_not_null() & right.is_not_null()
    equal = (left.list.len() == right.list.len()).filter(both)
    return _mean(equal) if len(equal) else 0.0


def pieces(items: pl.Series, text: pl.Series) -> bool:
    """Whether the items of a list column are pieces cut out of a text column, not all of it."""
    rows = [
        (item, value)
        for item, value in zip(items.head(500), text.head(500), strict=True)
        if item is not None and value is not None and len(item)
    ]
    inside = [all(str(piece) in value for piece in item) for item, value in rows]
    share = [sum(map(len, item)) / max(1, len(value)) for item, value in rows]
    return bool(rows) and _above(inside, 0.8) and not _above([s > 0.6 for s in share], 0.5)


def _above(flags: Sequence[bool], least: float) -> bool:
    return sum(flags) >= least * len(flags)
