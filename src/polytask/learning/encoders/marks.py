"""Marks: which rows an encoder did not read as they are. One number a row, kept with its features.

The report counts them by task and split, so that a cut text or a broken image is never silent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from polytask.tasks.task import Rows, Target

TRUNCATED = 1
"""Cut at the encoder's longest input."""
WINDOWED = 2
"""Read in several overlapping windows."""
UNREADABLE = 3
"""Could not be decoded; counts as blank."""

Cut: TypeAlias = dict[str, dict[str, dict[str, int]]]
"""By task and split how many rows carry each mark; what is 0 is left out."""

NAMES = {TRUNCATED: "truncated", WINDOWED: "windowed", UNREADABLE: "unreadable"}


def blank(count: int) -> np.ndarray:
    """Marks of `count` rows that were read as they are, `(n,)` uint8."""
    return np.zeros(count, dtype=np.uint8)


def counted(marks: np.ndarray, targets: Sequence[Target | None]) -> dict[str, int]:
    """How many rows with a label carry each mark; what no row carries is left out.

    Args:
        marks: One mark a row, `(n,)`.
        targets: One target a row, `None` where it has none.

    >>> counted(np.array([1, 1, 0, 3]), ["a", None, "b", "b"])
    {'truncated': 1, 'unreadable': 1}
    """
    labelled = np.array([target is not None for target in targets], dtype=bool)
    found = {name: int(((marks == mark) & labelled).sum()) for mark, name in NAMES.items()}
    return {name: count for name, count in found.items() if count}


def tally(read: Iterable[tuple[str, Rows, np.ndarray]]) -> Cut:
    """The marks of rows by task and split.

    Args:
        read: A split, its rows of one table, and their marks.
    """
    found: Cut = {}
    for split, rows, marks in read:
        for task, targets in rows.targets.items():
            if counts := counted(marks, targets):
                found.setdefault(task, {})[split] = counts
    return found
