"""Which rows stand for all where all would take too long."""

from __future__ import annotations

import numpy as np


def evenly(count: int, most: int) -> np.ndarray:
    """Positions of at most `most` of `count` rows, ascending; the same at every call.

    The rows are cut into `most` equal stretches, and one row of each is drawn. The first rows
    would be of one class where a file is sorted, every k-th where classes take turns.

    Args:
        count: Rows there are.
        most: Rows to take, at least 1.

    >>> evenly(3, 5).tolist(), len(evenly(1_000, 5))
    ([0, 1, 2], 5)
    """
    if count <= most:
        return np.arange(count)
    ends = np.arange(most + 1) * count // most
    return np.random.default_rng(0).integers(ends[:-1], ends[1:])
