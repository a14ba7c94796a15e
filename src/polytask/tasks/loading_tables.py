"""One table in the making: rows with a usable input, and the targets of its tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from polytask._catalogue import nearest
from polytask._errors import ConfigError, DataError, UserError
from polytask.tasks.detection_facts import facts
from polytask.tasks.loading_inputs import read_inputs
from polytask.tasks.loading_steps import brought
from polytask.tasks.loading_targets import Column as TargetColumn
from polytask.tasks.loading_targets import Targets, Wanted, read_targets
from polytask.tasks.splits import SPLIT_NAMES
from polytask.tasks.splits_more import MORE
from polytask.tasks.task import Column, Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.tasks.entry import Entry
    from polytask.tasks.loading_sources import Source


@dataclass(frozen=True)
class Wish:
    """A task to be built: what was written or recognised, and where its rows are.

    Args:
        entry: Name, inputs, target and whatever else was said.
        source: Its rows.
        stated: Whether the user named the target; a recognised one that fails is left out.
        reason: Why a recognised task is of its kind.
    """

    entry: Entry
    source: Source
    stated: bool = True
    reason: str = ""


@dataclass
class Draft:
    """A table before it is split.

    Args:
        source: Where its rows came from.
        columns: The input columns.
        frame: The inputs of the usable rows.
        rows: The numbers of the usable rows in the source.
        given: The official split of each row.
        groups: The group of each row, or empty.
        tasks: Its tasks with their targets, by name.
        findings: Rows skipped, targets left out.
    """

    source: Source
    columns: tuple[Column, ...]
    frame: pl.DataFrame
    rows: np.ndarray
    given: np.ndarray
    groups: list[str]
    tasks: dict[str, tuple[Wish, Targets]]
    findings: list[Finding]

    def place(self, index: int) -> str:
        """Where row `index` of the table stands in its file."""
        return self.source.place(int(self.rows[index]))

    @property
    def group(self) -> str:
        """The column of the groups, or ""; one for all its tasks."""
        return next((wish.entry.group for wish, _ in self.tasks.values()), "")

    @property
    def labelled(self) -> np.ndarray:
        """Which rows have a label of any task."""
        found = np.zeros(len(self.rows), dtype=bool)
        for _, targets in self.tasks.values():
            found |= np.array([value is not None for value in targets.values], dtype=bool)
        return found


def draft(source: Source, wishes: Sequence[Wish]) -> Draft:
    """Build a table from the wishes that share its source, inputs, groups, folds and steps.

    Raises:
        DataError: A column is not there, no row has an input, or a stated target cannot be used.
        ConfigError: An input and a task have one name, or a feature makes nothing or of nothing.
    """
    entry = wishes[0].entry
    tagging = any(wish.entry.kind == "tagging" for wish in wishes)
    columns = tuple(_column(source, name, tagging) for name in brought(entry, source.frame.columns))
    _no_clash(entry.inputs, wishes)
    frame, problems = read_inputs(source.frame, columns, source.root, source.name)
    rows = np.flatnonzero(np.array([problem is None for problem in problems], dtype=bool))
    findings = _skipped(source, problems)
    if not len(rows):
        first = next(problem for problem in problems if problem is not None)
        raise DataError(f"{source.place(0)}: no row has a usable input; {first}")
    made = Draft(
        source,
        columns,
        frame[rows],
        rows,
        _given(source, entry.split)[rows],
        _groups(source, entry.group, rows),
        {},
        findings,
    )
    for wish in wishes:
        _add(made, wish)
    return made


def _column(source: Source, name: str, tagging: bool) -> Column:
    looked = facts(column_of(source, name))
    if looked.shape in ("image", "path"):
        return Column(name, "image")
    return Column(name, "text", tokens=looked.shape == "list" or tagging)


def column_of(source: Source, name: str) -> pl.Series:
    """A column of a source; the nearest name is offered where it is not there."""
    if name not in source.frame.columns:
        raise DataError(
            f"{source.name} has no column {name!r}: {nearest(name, source.frame.columns)}"
        )
    return source.frame[name]


def _no_clash(names: Sequence[str], wishes: Sequence[Wish]) -> None:
    twice = next((name for name in names if list(names).count(name) > 1), None)
    if twice is not None:
        raise ConfigError(f"The input {twice!r} stands twice in {list(names)}: name it once")
    for wish in wishes:
        if wish.entry.name in names:
            raise ConfigError(
                f"Task {wish.entry.name!r} has the name of its own input column; give the task "
                "another name"
            )
        if wish.entry.target in names:
            raise ConfigError(
                f"Task {wish.entry.name!r}: {wish.entry.target!r} is both `input` and `target`"
            )
        if wish.entry.target == wish.entry.group:
            raise ConfigError(
                f"Task {wish.entry.name!r}: {wish.entry.target!r} is both `group` and `target`, so "
                "no label would stand in training and in test; leave `group` out"
            )


def _skipped(source: Source, problems: Sequence[str | None]) -> list[Finding]:
    bad = [row for row, problem in enumerate(problems) if problem is not None]
    if not bad:
        return []
    listed = ", ".join(f"{source.place(row)} ({problems[row]})" for row in bad[:5])
    message = f"{source.name}: {len(bad):,} rows without a usable input were skipped: {listed}"
    return [Finding("bad_row", message, source.name, len(bad))]


def _given(source: Source, column: str) -> np.ndarray:
    if not column:
        return source.given
    values = column_of(source, column).cast(pl.String).to_list()
    found = [(value or "").strip().lower() for value in values]
    for row, value in enumerate(values):
        if found[row] not in SPLIT_NAMES and source.given[row] != MORE:
            raise DataError(
                f"{source.place(row)}, column {column!r}: {value!r} names no split; a split column "
                "holds train, dev and test"
            )
    named = np.array([SPLIT_NAMES.get(value, MORE) for value in found], dtype=object)
    return np.where(source.given == MORE, MORE, named)


def _groups(source: Source, column: str, rows: np.ndarray) -> list[str]:
    if not column:
        return []
    values = column_of(source, column).cast(pl.String).fill_null("").to_list()
    return [values[row] for row in rows.tolist()]


def _add(made: Draft, wish: Wish) -> None:
    entry = wish.entry
    series = column_of(wish.source, entry.target)[made.rows]
    tokens = next((made.frame[c.name] for c in made.columns if c.tokens), None)
    wanted = Wanted(entry.name, entry.target, entry.kind, entry.map, entry.labels)
    try:
        targets = read_targets(TargetColumn(series, made.place, tokens), wanted)
    except UserError as error:
        if wish.stated:
            raise
        message = f"The column {entry.target!r} of {wish.source.name} was left out: {error}"
        made.findings.append(Finding("left_out", message, wish.source.name))
        return
    made.tasks[entry.name] = (wish, targets)
    made.findings.extend(targets.findings)
