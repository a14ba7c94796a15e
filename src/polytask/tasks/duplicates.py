"""Equal inputs: within a table, across its splits, and across the tables of a task set.

Inputs are compared after normalisation: text by NFKC, lower case and single spaces, tokens joined
by spaces (so that a tokenised file meets a plain one), images by their bytes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from polytask.tasks.splits import GIVES_WAY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.tasks.task import Column


def keys(frame: pl.DataFrame, columns: Sequence[Column]) -> list[str]:
    """A key a row (32 hex digits), equal for inputs that are equal after normalisation.

    What code makes of the other inputs tells no row from another.

    >>> from polytask.tasks.task import Column
    >>> a = keys(pl.DataFrame({"t": ["A  cat ."]}), [Column("t")])
    >>> b = keys(pl.DataFrame({"w": [["a", "cat", "."]]}), [Column("w", tokens=True)])
    >>> a == b
    True
    """
    parts = [_normal(frame[column.name], column) for column in columns if not column.code]
    return [_digest(row) for row in zip(*parts, strict=True)]


def _normal(series: pl.Series, column: Column) -> list[Any]:
    if column.modality == "image":
        return [_image(value) for value in series.to_list()]
    if column.tokens:
        series = series.list.join(" ", ignore_nulls=True)
    text = series.cast(pl.String).fill_null("").str.normalize("NFKC").str.to_lowercase()
    return text.str.replace_all(r"\s+", " ").str.strip_chars().to_list()


def _image(value: bytes | str) -> bytes:
    return value if isinstance(value, bytes) else Path(value).read_bytes()


def _digest(row: Sequence[str | bytes]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for value in row:
        data = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()


def conflicts(keys: Sequence[str], targets: Sequence[Any], split: np.ndarray) -> list[int]:
    """Rows whose input also stands with another target in the same split.

    Args:
        keys: What `keys` gave.
        targets: One target a row, `None` where there is none.
        split: The split of each row; rows of "" are passed over.

    >>> conflicts(["a", "a", "b"], ["x", "y", "x"], np.array(["train"] * 3))
    [0, 1]
    """
    rows: dict[str, list[int]] = {}
    first: dict[str, int] = {}
    for row, key in enumerate(keys):
        if first.setdefault(key, row) != row:
            rows.setdefault(key, [first[key]]).append(row)
    found = [row for group in rows.values() for row in _disagree(group, targets, split)]
    return sorted(found)


def _disagree(group: Sequence[int], targets: Sequence[Any], split: np.ndarray) -> list[int]:
    found: list[int] = []
    for part in ("train", "dev", "test"):
        here = [i for i in group if split[i] == part and targets[i] is not None]
        if any(targets[i] != targets[here[0]] for i in here):
            found += here
    return found


@dataclass(frozen=True)
class Leak:
    """Rows taken out of one split of a table since their inputs or groups stand in another.

    Args:
        table: Where they were taken out.
        split: "train" or "dev".
        against: Split that holds the same: "dev" or "test".
        other: The table of that split (may be the same one).
        rows: The rows of `table`.
        group: The column of the groups, or "" where the inputs are the same.
    """

    table: str
    split: str
    against: str
    other: str
    rows: tuple[int, ...]
    group: str = ""


def without_leaks(
    splits: Mapping[str, Sequence[np.ndarray]], keys: Mapping[str, Sequence[str]]
) -> tuple[dict[str, tuple[np.ndarray, ...]], list[Leak]]:
    """Splits without training rows that stand in dev or test, and dev rows that stand in test.

    Tables are held against each other too. Where folds differ in number, fold k of one stands
    beside its own last fold of the other, as when they are learned together.

    Args:
        splits: By table one split array a fold.
        keys: By table the key of each row.

    Returns:
        The splits, where rows taken out are "", and what was taken out.

    >>> without_leaks({"t": [np.array(["train", "train", "test"])]}, {"t": ["a", "b", "b"]})[1]
    [Leak(table='t', split='train', against='test', other='t', rows=(1,), group='')]
    """
    left = {name: tuple(fold.copy() for fold in folds) for name, folds in splits.items()}
    taken: dict[tuple[str, str, str, str], set[int]] = {}
    for number in range(max(map(len, splits.values()), default=0)):
        now = {name: _fold(folds, number) for name, folds in splits.items()}
        for split, against in GIVES_WAY:
            held = _holders(now, keys, against)
            for name, folds in left.items():
                after = _fold(folds, number)
                for row in np.flatnonzero(after == split).tolist():
                    other = held.get(keys[name][row])
                    if other is not None:
                        after[row] = ""
                        taken.setdefault((name, split, against, other), set()).add(row)
    return left, [Leak(*where, tuple(sorted(rows))) for where, rows in taken.items()]


def _fold(folds: Sequence[np.ndarray], number: int) -> np.ndarray:
    return folds[min(number, len(folds) - 1)]


def _holders(
    splits: Mapping[str, np.ndarray], keys: Mapping[str, Sequence[str]], part: str
) -> dict[str, str]:
    held: dict[str, str] = {}
    for name, split in splits.items():
        for row in np.flatnonzero(split == part).tolist():
            held.setdefault(keys[name][row], name)
    return held
