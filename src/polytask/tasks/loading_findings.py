"""What the user should know about splits, duplicates, conflicts and labels, with figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from polytask.tasks.duplicates import conflicts
from polytask.tasks.task import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from polytask.tasks.duplicates import Leak
    from polytask.tasks.task import Table, Task


def split_findings(table: Table, note: str, leaks: Sequence[Leak], rows: int) -> list[Finding]:
    """How the table was split, and which rows were taken out since they stand elsewhere too.

    Args:
        table: The table.
        note: How its splits came about.
        leaks: What was taken out, of all tables.
        rows: Rows of the table.
    """
    group = f", rows with one {table.group!r} kept together" if table.group else ""
    message = f"{table.name}: {note}{group}: {_sizes(table)}"
    found = [Finding("split", message, table.name, rows, "info")]
    for leak in leaks:
        if leak.table != table.name:
            continue
        where = "its own" if leak.other == leak.table else f"the {leak.other}"
        stand = f"have a {leak.group!r} that stands" if leak.group else "stand"
        message = (
            f"{table.name}: {len(leak.rows):,} of the {leak.split} rows {stand} among {where} "
            f"{leak.against} rows too and were taken out of {leak.split}"
        )
        found.append(Finding("leak", message, table.name, len(leak.rows)))
    return found


def _sizes(table: Table) -> str:
    if table.folds > 1:
        return f"{len(table.final):,} rows, each judged once"
    split = table.splits[0]
    return ", ".join(f"{int((split == part).sum()):,} {part}" for part in ("train", "dev", "test"))


def table_findings(
    table: Table, tasks: Iterable[Task], keys: Sequence[str], place: Callable[[int], str]
) -> list[Finding]:
    """Duplicates in the table, conflicting labels and labels that training never had.

    Args:
        table: The table.
        tasks: Its tasks.
        keys: The normalised key of each row.
        place: Where a row stands in its file.
    """
    doubled = len(keys) - len(set(keys))
    found = []
    if doubled:
        message = f"{table.name}: {doubled:,} rows repeat the input of an earlier row"
        found.append(Finding("duplicate", message, table.name, doubled, "info"))
    for task in tasks:
        found += _conflicts(table, task, keys, place)
        found += _unseen(table, task, place)
    return found


def _conflicts(
    table: Table, task: Task, keys: Sequence[str], place: Callable[[int], str]
) -> list[Finding]:
    rows = conflicts(keys, table.frame[task.name].to_list(), table.splits[0])
    if not rows:
        return []
    listed = ", ".join(place(row) for row in rows[:4])
    message = (
        f"Task {task.name!r}: {len(rows):,} rows have the same input as another row of their "
        f"split, with another label; kept: {listed}"
    )
    return [Finding("conflict", message, task.name, len(rows))]


def _unseen(table: Table, task: Task, place: Callable[[int], str]) -> list[Finding]:
    if not task.labels or table.folds > 1:
        return []
    known = set(task.labels)
    targets = table.frame[task.name].to_list()
    rows, labels = [], set()
    for row in np.flatnonzero((table.final == "test") | (table.final == "dev")).tolist():
        target = targets[row]
        strange = set(target if isinstance(target, list) else [target]) - known - {None}
        if strange:
            rows.append(row)
            labels |= strange
    if not rows:
        return []
    named = ", ".join(repr(label) for label in sorted(labels)[:5])
    message = (
        f"Task {task.name!r}: {len(labels)} label(s) of dev or test ({named}) never stand in "
        f"training; {len(rows):,} rows with them are scored as wrong, first {place(rows[0])}"
    )
    return [Finding("unseen_label", message, task.name, len(rows))]
