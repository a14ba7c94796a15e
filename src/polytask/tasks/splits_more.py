"""Rows that came later: learned from in every fold, never judged on, and no split moves for them.

So a model that learned more can be held against the one before on the very same dev and test rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from polytask.tasks.splits import Assigned, Units, assign, strata

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.tasks.splits import Known
    from polytask.tasks.task import Target

MORE = "more"
"""The given split of a row that came later."""


def assign_all(
    given: np.ndarray,
    targets: Sequence[tuple[str, Sequence[Target | None]]],
    units: Units,
    *,
    folds: int,
    known: Known,
) -> Assigned:
    """As `splits.assign`, for a table that may hold rows of `MORE`.

    Args:
        given: The official split of each row, or `MORE`.
        targets: Kind and targets of each task.
        units: What stays together; `strata` are made here.
        folds: How many folds the user asks for; 0 decides by the rows.
        known: As for `assign`; rows of `MORE` leave no trace there.
    """
    index = np.flatnonzero(given != MORE).tolist()
    base = [(kind, [values[i] for i in index]) for kind, values in targets]
    labelled = np.zeros(len(index), dtype=bool)
    for _, values in base:
        labelled |= np.array([value is not None for value in values], dtype=bool)
    keys, groups = ([of[i] for i in index] if of else [] for of in (units.keys, units.groups))
    kept = Units(keys, strata(base), groups, units.seed)
    found = assign(given[index], labelled, kept, folds=folds, known=known)
    return found if len(index) == len(given) else _widened(found, index, units)


def _widened(found: Assigned, index: Sequence[int], units: Units) -> Assigned:
    count = len(units.keys) - len(index)
    torn = {where: tuple(index[row] for row in rows) for where, rows in found.torn.items()}
    return replace(
        found,
        splits=tuple(_wide(split, index, units) for split in found.splits),
        final=_wide(found.final, index, units),
        note=f"{found.note}, {count:,} rows that came later only learned from",
        torn=torn,
    )


def _wide(split: np.ndarray, index: Sequence[int], units: Units) -> np.ndarray:
    """The split of all rows: those of `MORE` train, but for groups that stand in dev or test."""
    wide = np.full(len(units.keys), MORE, dtype="<U5")
    wide[index] = split
    judged = np.isin(wide, ("dev", "test"))
    held = {group for group, here in zip(units.groups, judged, strict=False) if here and group}
    for row in np.flatnonzero(wide == MORE).tolist():
        wide[row] = "" if units.groups and units.groups[row] in held else "train"
    return wide
