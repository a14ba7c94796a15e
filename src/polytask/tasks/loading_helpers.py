"""Helpers: labelled sets that may help the tasks of a task set and are not served.

All of their rows are learned from, but for those that stand among the dev or test rows of a task:
a task's own splits are the same with helpers and without.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from polytask.tasks import duplicates
from polytask.tasks.loading_build import drafts_of, table_of, tasks_of
from polytask.tasks.splits import Assigned
from polytask.tasks.task import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from polytask.tasks.loading_tables import Draft, Wish
    from polytask.tasks.task import Table, TaskSet

MOST = 5_000
"""Rows of a helper that are learned from: each is seen in every training it is tried in."""


def add_helpers(taskset: TaskSet, wishes: Sequence[Wish]) -> TaskSet:
    """The task set with helpers beside its tasks.

    Of a set with more than `MOST` labelled rows those are taken whose content hashes lowest, so
    that neither their order nor that of the files matters. A target that cannot be learned is left
    out with a finding.

    Args:
        taskset: What is served.
        wishes: The helpers to be; names that are taken get an underscore more.

    Raises:
        DataError: A column is not there, or no row has a usable input.
    """
    if not wishes:
        return taskset
    held = _held(taskset.tables)
    tables, helpers = dict(taskset.tables), dict(taskset.helpers)
    findings, origins = list(taskset.findings), dict(taskset.origins)
    for wanted, made in drafts_of(_named(wishes, taskset)).items():
        name = _free(wanted, tables)
        split, told = _split(name, made, held)
        if told[0].code == "left_out":
            findings += [*made.source.findings, *made.findings, *told]
            continue
        table = table_of(name, made, Assigned((split,), split, ""))
        built, left = tasks_of(table, made, needed=("train",))
        findings += [*made.source.findings, *made.findings, *left]
        if built:
            tables[name] = table
            helpers.update(built)
            origins |= {task: made.tasks[task][0].entry for task in built}
            findings += told
    return replace(
        taskset,
        tables=tables,
        helpers=helpers,
        origins=origins,
        findings=tuple(dict.fromkeys(findings)),
    )


def _named(wishes: Sequence[Wish], taskset: TaskSet) -> list[Wish]:
    """The wishes under names that no other task has."""
    found: list[Wish] = []
    taken = {*taskset, *taskset.helpers}
    for wish in wishes:
        name = _free(wish.entry.name, taken)
        taken.add(name)
        entry = replace(wish.entry, name=name, helps=True)
        found.append(replace(wish, entry=entry, stated=False))
    return found


def _free(name: str, taken: Iterable[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _held(tables: Mapping[str, Table]) -> dict[str, str]:
    """By key of an input the table among whose dev or test rows, of any fold, it stands."""
    found: dict[str, str] = {}
    for name, table in tables.items():
        judged = np.zeros(len(table.final), dtype=bool)
        for split in (*table.splits, table.final):
            judged |= (split == "dev") | (split == "test")
        keys = duplicates.keys(table.frame, table.columns)
        for row in np.flatnonzero(judged).tolist():
            found.setdefault(keys[row], name)
    return found


def _split(name: str, made: Draft, held: Mapping[str, str]) -> tuple[np.ndarray, list[Finding]]:
    """Which rows of a helper are learned from, and what to tell of the others."""
    keys = duplicates.keys(made.frame, made.columns)
    labelled = np.flatnonzero(made.labelled).tolist()
    leaks = Counter(held[keys[row]] for row in labelled if keys[row] in held)
    free = [row for row in labelled if keys[row] not in held]
    kept = sorted(free, key=lambda row: (keys[row], row))[:MOST]
    split = np.full(len(keys), "", dtype="<U5")
    split[kept] = "train"
    rows = f"{len(kept):,}" + (f" of {len(free):,}" if len(free) > len(kept) else "")
    message = f"{name}: may help and is not served, {rows} rows to learn from"
    found = [Finding("helper", message, name, len(kept), "info")]
    if leaks and not kept:
        message = (
            f"{name} cannot help and was left out: all of its {len(labelled):,} rows stand among "
            f"the dev or test rows of {', '.join(leaks)}, which judge"
        )
        return split, [Finding("left_out", message, name, len(labelled))]
    for other, count in leaks.items():
        message = (
            f"{name}: {count:,} of its rows stand among the dev or test rows of {other} too and "
            "were taken out"
        )
        found.append(Finding("leak", message, name, count))
    return split, found
