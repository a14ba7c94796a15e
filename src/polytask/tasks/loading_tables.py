"""One table in the making: rows with a usable input, and the targets of its tasks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from polytask._catalogue import nearest
from polytask._errors import ConfigError, DataError, UserError
from polytask.tasks.detection_facts import facts
from polytask.tasks.images import check_image, image_path
from polytask.tasks.loading_lists import as_lists
from polytask.tasks.loading_targets import Column as TargetColumn
from polytask.tasks.loading_targets import Targets, Wanted, read_targets
from polytask.tasks.splits import SPLIT_NAMES
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
    def labelled(self) -> np.ndarray:
        """Which rows have a label of any task."""
        found = np.zeros(len(self.rows), dtype=bool)
        for _, targets in self.tasks.values():
            found |= np.array([value is not None for value in targets.values], dtype=bool)
        return found


def draft(source: Source, wishes: Sequence[Wish]) -> Draft:
    """Build a table from the wishes that share its source, inputs, groups and folds.

    Raises:
        DataError: A column is not there, no row has an input, or a stated target cannot be used.
        ConfigError: An input and a task have one name.
    """
    entry = wishes[0].entry
    tagging = any(wish.entry.kind == "tagging" for wish in wishes)
    columns = tuple(_column(source, name, tagging) for name in entry.inputs)
    _no_clash(columns, wishes)
    frame, problems = _inputs(source, columns)
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


def _no_clash(columns: Sequence[Column], wishes: Sequence[Wish]) -> None:
    names = [column.name for column in columns]
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


def _inputs(source: Source, columns: Sequence[Column]) -> tuple[pl.DataFrame, Sequence[str | None]]:
    """The input columns, and by row what makes its input unusable."""
    made, problems = [], []
    for column in columns:
        series, wrong = _read_input(source, column)
        made.append(series)
        problems.append(wrong)
    images = [column.modality == "image" for column in columns]
    return pl.DataFrame(made), [_worst(row, images) for row in zip(*problems, strict=True)]


def _worst(row: Sequence[str | None], images: Sequence[bool]) -> str | None:
    # A pair may lack one of its texts; an image that cannot be read spoils the row.
    for problem, image in zip(row, images, strict=True):
        if image and problem:
            return problem
    return row[0] if all(row) else None


def _read_input(source: Source, column: Column) -> tuple[pl.Series, list[str | None]]:
    series = source.frame[column.name]
    if column.modality == "image":
        return _images(source, series)
    if column.tokens:
        lists = as_lists(series, f"The input {column.name!r}", split=True)
        empty = (lists.list.len().fill_null(0) == 0).to_list()
        lists = lists.fill_null(pl.lit([], dtype=pl.List(pl.String)))
        return lists, [f"{column.name!r} has no tokens" if gap else None for gap in empty]
    if series.dtype == pl.List or series.dtype == pl.Binary:
        raise DataError(f"The input {column.name!r} of {source.name} is neither text nor image")
    text = series.cast(pl.String).fill_null("")
    empty = (text.str.strip_chars() == "").to_list()
    return text, [f"{column.name!r} is empty" if gap else None for gap in empty]


def _images(source: Source, series: pl.Series) -> tuple[pl.Series, list[str | None]]:
    problems: list[str | None] = []
    paths: list[str | None] = []
    for row, value in enumerate(series.to_list()):
        root = source.root(row)
        problems.append("no image" if value is None else check_image(value, root))
        paths.append(str(Path(image_path(value, root))) if isinstance(value, str) else None)
    if series.dtype == pl.Binary:
        return series, problems
    return pl.Series(series.name, paths, dtype=pl.String), problems


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
    for row, value in enumerate(values):
        if value is None or value.strip().lower() not in SPLIT_NAMES:
            raise DataError(
                f"{source.place(row)}, column {column!r}: {value!r} names no split; a split column "
                "holds train, dev and test"
            )
    return np.array([SPLIT_NAMES[value.strip().lower()] for value in values], dtype=object)


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
