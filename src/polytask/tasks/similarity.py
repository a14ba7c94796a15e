"""How alike the inputs of tables are: by their words, or by where their images are bright.

Such figures propose tables to learn together; whether that helps is for runs to decide.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from polytask._errors import DataError
from polytask.tasks.images import load_image

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.tasks.task import Column, Table

_ROWS = 1_000  # rows read of a table of text
_IMAGES = 32  # images read of a table; large ones take a tenth of a second each
_LONGEST = 2_000  # characters read of a text
_SIDE = 8  # an image is read at 8 × 8 pixels
_WORD = r"[\u3040-\u30ff\u4e00-\u9fff]|[\w--[\u3040-\u30ff\u4e00-\u9fff]]+"


def similarities(tables: Mapping[str, Table]) -> dict[str, dict[str, float]]:
    r"""Similarity of every two tables of one modality and language, where there are at least three.

    What all tables have in common (the most frequent words, the black ground of scans) says
    nothing about two of them, so it is taken away: with $x_k$ the profile of table k, of length 1,
    and $r$ the mean profile of all tables but i and j, the similarity is

    $$ \cos(\max(0, x_i - r), \max(0, x_j - r)). $$

    The profile of text holds for each word the share of rows it occurs in, that of images is the
    mean image at 8 × 8 pixels. Only training rows are read, at most 1,000 texts or 32 images of a
    table, evenly spaced. That input similarity and size rank helpers well: Poth et al., "What to
    Pre-Train on? Efficient Intermediate Task Selection", 2021, arXiv 2104.08247. Figures on real
    sets, and what else was tried: LOG.md, "Which tables are alike".

    Args:
        tables: The tables by name.

    Returns:
        By table the similarity to each comparable other, 0 (nothing in common that the rest lacks)
        to 1 (the same), three decimals; tables without a comparable pair are left out.

    >>> from polytask.tasks import load
    >>> def table(text):
    ...     rows = [{"text": f"{text} {i}", "label": "ab"[i % 2]} for i in range(60)]
    ...     return load(rows).tables["data"]
    >>> films, plays, cards = map(table, ("the dull film", "the dull play", "the lost card"))
    >>> similarities({"films": films, "plays": plays, "cards": cards})["films"]
    {'plays': 0.5, 'cards': 0.005}
    """
    found: dict[str, dict[str, float]] = {}
    for names in _comparable(tables):
        shares = _profiles([tables[name] for name in names])
        for i, j in combinations(range(len(names)), 2):
            value = round(_similarity(shares, i, j), 3)
            found.setdefault(names[i], {})[names[j]] = value
            found.setdefault(names[j], {})[names[i]] = value
    return found


def _comparable(tables: Mapping[str, Table]) -> list[list[str]]:
    found: dict[tuple[bool, str], list[str]] = {}
    for name, table in tables.items():
        found.setdefault((bool(_images(table)), table.language), []).append(name)
    return [names for names in found.values() if len(names) > 2]


def _images(table: Table) -> list[Column]:
    return [column for column in table.columns if column.modality == "image"]


def _profiles(tables: Sequence[Table]) -> np.ndarray:
    """`(tables, features)`, not negative, rows of length 1 (or 0 for a table without rows)."""
    if _images(tables[0]):
        profiles = np.stack([_pixels(table) for table in tables])
    else:
        counts = [_words(table) for table in tables]
        terms = sorted(set().union(*counts))
        profiles = np.array([[count.get(term, 0) for term in terms] for count in counts], float)
    return _unit(profiles)


def _similarity(profiles: np.ndarray, i: int, j: int) -> float:
    one, other = profiles[i], profiles[j]
    rest = (profiles.sum(axis=0) - one - other) / (len(profiles) - 2)
    return float(_unit(np.maximum(0.0, one - rest)) @ _unit(np.maximum(0.0, other - rest)))


def _unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1.0))


def _words(table: Table) -> dict[str, int]:
    """In how many of the rows read each word occurs."""
    texts = [_text(table.frame[column.name], column) for column in table.columns]
    joined = table.frame.select(pl.concat_str(texts, separator=" "))[_sample(table, _ROWS)]
    words = joined.to_series().str.slice(0, _LONGEST).str.normalize("NFKC").str.to_lowercase()
    counts = words.str.extract_all(_WORD).list.unique().explode().drop_nulls().value_counts()
    return dict(counts.iter_rows())


def _text(series: pl.Series, column: Column) -> pl.Series:
    text = series.list.join(" ", ignore_nulls=True) if column.tokens else series
    return text.cast(pl.String).fill_null("")


def _pixels(table: Table) -> np.ndarray:
    """The sum of the images read, `(8 · 8 · 3,)`."""
    from PIL.Image import Resampling

    found = np.zeros(_SIDE * _SIDE * 3)
    for column in _images(table):
        for value in table.frame[column.name][_sample(table, _IMAGES)].drop_nulls():
            try:
                image = load_image(value)
            except DataError:
                continue  # too large to be decoded by loading; training refuses it by name
            found += np.asarray(image.resize((_SIDE, _SIDE), Resampling.BOX), float).ravel()
    return found


def _sample(table: Table, most: int) -> np.ndarray:
    """Training rows, evenly spaced, in order."""
    rows: np.ndarray = np.flatnonzero(table.splits[0] == "train")
    chosen: np.ndarray = rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)]
    return chosen
