"""Units: rows that may not be torn apart, found by joining equal keys and equal groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def join(keys: Sequence[str], groups: Sequence[str] = ()) -> list[int]:
    """Number the units: rows with the same key or group belong together, also by a chain.

    Args:
        keys: A key a row.
        groups: A group a row; empty for none. The group "" says nothing.

    >>> join(["a", "b", "b", "c"], ["1", "1", "2", "3"])
    [0, 0, 0, 3]
    """
    parent = list(range(len(keys)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    first: dict[tuple[str, str], int] = {}
    named = [("key", key) for key in keys], [("group", group) for group in groups]
    for names in named:
        for row, name in enumerate(names):
            if name == ("group", ""):
                continue
            a, b = root(first.setdefault(name, row)), root(row)
            parent[max(a, b)] = min(a, b)
    return [root(row) for row in range(len(keys))]
