"""Lists hidden in text cells: labels set apart by signs, and span tags set apart by spaces."""

from __future__ import annotations

import polars as pl

from polytask.tasks.detection_facts import aligned
from polytask.tasks.loading_lists import as_lists, written_lists
from polytask.tasks.task import Finding

SEPARATORS = ("|", ";")
MOST_LABELS = 500
_TAGS = r"^\s*(O|[BIESLUM]-\S+)(\s+(O|[BIESLUM]-\S+))*\s*$"


def unfold(frame: pl.DataFrame, name: str) -> tuple[pl.DataFrame, list[Finding]]:
    """Text columns that hold lists, as lists; what was taken for a list is said.

    Args:
        frame: The table.
        name: What it is called.

    >>> films, _ = unfold(pl.DataFrame({"genres": ["War|Drama", "Drama"] * 9}), "films")
    >>> films["genres"].to_list()[:2]
    [['War', 'Drama'], ['Drama']]
    """
    made: dict[str, pl.Series] = {}
    findings = []
    for column in frame.columns:
        series = frame[column]
        if written_lists(series):
            made[column] = as_lists(series, column)
            continue
        sign = _separator(series)
        if sign:
            made[column] = _labels(series, sign)
            message = f"{name}: the column {column!r} was read as lists set apart by {sign!r}"
            findings.append(Finding("lists", message, name, len(series), "info"))
    for tags, words in _tagged(frame).items():
        made[tags] = as_lists(frame[tags], tags, split=True)
        made[words] = as_lists(frame[words], words, split=True)
        message = f"{name}: {tags!r} was read as one tag a word of {words!r}"
        findings.append(Finding("lists", message, name, frame.height, "info"))
    return frame.with_columns(list(made.values())), findings


def _separator(series: pl.Series) -> str:
    """The sign that sets labels apart: in a tenth of the cells, and few labels that return."""
    if series.dtype != pl.String:
        return ""
    cells = series.drop_nulls()
    for sign in SEPARATORS:
        if len(cells) < 5 or not cells.head(5000).str.contains(sign, literal=True).mean():
            continue
        items = _labels(cells, sign).explode().drop_nulls()
        share = cells.str.contains(sign, literal=True).mean()
        few = items.n_unique() <= MOST_LABELS and len(items) >= 5 * items.n_unique()
        short = items.str.len_chars().max()
        if isinstance(share, float) and share >= 0.1 and few and isinstance(short, int):
            return sign if short <= 40 else ""
    return ""


def _labels(series: pl.Series, sign: str) -> pl.Series:
    items = series.str.strip_chars(sign + " ").str.split(sign)
    cleaned = items.list.eval(pl.element().str.strip_chars())
    return cleaned.list.eval(pl.element().filter(pl.element() != ""))


def _tagged(frame: pl.DataFrame) -> dict[str, str]:
    """Columns of span tags, each with the text column that has as many words in each row."""
    texts = [column for column in frame.columns if frame[column].dtype == pl.String]
    spans = [column for column in texts if _spans(frame[column])]
    pairs: dict[str, str] = {}
    for tags in spans:
        split = as_lists(frame[tags], tags, split=True)
        for words in texts:
            if words not in spans and aligned(_split(frame[words]), split) >= 0.95:
                pairs[tags] = words
                break
    return pairs


def _split(series: pl.Series) -> pl.Series:
    return series.str.strip_chars().str.replace_all(r"\s+", " ").str.split(" ")


def _spans(series: pl.Series) -> bool:
    looked = series.drop_nulls().head(500)
    if not len(looked) or not looked.str.contains(r"\bB-|\bI-").any():
        return False
    share = looked.str.contains(_TAGS).mean()
    return isinstance(share, float) and share >= 0.95
