"""From the cells of input columns to inputs, the same way for training and for new rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from polytask._errors import DataError
from polytask.tasks.features import made as features_of
from polytask.tasks.images import CHECKED_PIXELS, MAX_PIXELS, check_image, image_path
from polytask.tasks.loading_lists import as_lists
from polytask.tasks.task import Inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from polytask.tasks.task import Column

Problem = str | None
"""What makes a row unusable, in words; `None` where nothing does."""


def read_inputs(
    frame: pl.DataFrame,
    columns: Sequence[Column],
    root: Callable[[int], Path],
    name: str,
    pixels: int = CHECKED_PIXELS,
) -> tuple[pl.DataFrame, list[Problem]]:
    """The input columns: text, token lists, encoded images or their paths; and by row its problem.

    Args:
        frame: Rows as read from a file.
        columns: The columns wanted; all of them are in `frame`.
        root: The data folder that a relative image path in row i starts from.
        name: What the frame is called, for errors.
        pixels: Pixels of the largest image that is decoded to see whether it can be.

    Raises:
        DataError: A column holds neither text, lists nor images.

    >>> from pathlib import Path
    >>> from polytask.tasks.task import Column
    >>> rows = pl.DataFrame({"text": ["a", ""]})
    >>> read_inputs(rows, [Column("text")], lambda row: Path(), "rows")[1]
    [None, "'text' is empty"]
    """
    made, problems = [], []
    for column in columns:
        series, wrong = _read(frame[column.name], column, root, name, pixels)
        made.append(series)
        problems.append(wrong)
    images = [column.modality == "image" for column in columns]
    return pl.DataFrame(made), [_worst(row, images) for row in zip(*problems, strict=True)]


def _worst(row: Sequence[Problem], images: Sequence[bool]) -> Problem:
    # A pair may lack one of its texts; an image that cannot be read spoils the row.
    for problem, image in zip(row, images, strict=True):
        if image and problem:
            return problem
    return row[0] if all(row) else None


def _read(
    series: pl.Series, column: Column, root: Callable[[int], Path], name: str, pixels: int
) -> tuple[pl.Series, list[Problem]]:
    if column.modality == "image":
        return _images(series, root, name, pixels)
    if column.tokens:
        lists = as_lists(series, f"The input {column.name!r}", split=True)
        empty = (lists.list.len().fill_null(0) == 0).to_list()
        lists = lists.fill_null(pl.lit([], dtype=pl.List(pl.String)))
        return lists, [f"{column.name!r} has no tokens" if gap else None for gap in empty]
    if series.dtype == pl.List or series.dtype == pl.Binary:
        raise DataError(f"The input {column.name!r} of {name} is neither text nor image")
    text = series.cast(pl.String).fill_null("")
    empty = (text.str.strip_chars() == "").to_list()
    return text, [f"{column.name!r} is empty" if gap else None for gap in empty]


def _images(
    series: pl.Series, root: Callable[[int], Path], name: str, pixels: int
) -> tuple[pl.Series, list[Problem]]:
    if series.dtype not in (pl.Binary, pl.String, pl.Null):
        raise DataError(
            f"The input {series.name!r} of {name} holds neither paths of images nor images "
            f"({series.dtype}); give one of these"
        )
    problems: list[Problem] = []
    paths: list[str | None] = []
    for row, value in enumerate(series.to_list()):
        folder = root(row)
        problems.append("no image" if value in (None, "") else _problem(value, folder, pixels))
        paths.append(str(image_path(value, folder)) if isinstance(value, str) else None)
    if series.dtype == pl.Binary:
        return series, problems
    return pl.Series(series.name, paths, dtype=pl.String), problems


def _problem(value: bytes | str, folder: Path, pixels: int) -> Problem:
    """What is wrong with an image, beginning with its name where it has one."""
    problem = check_image(value, folder, pixels)
    if problem is None or isinstance(value, bytes) or problem.startswith(repr(value)):
        return problem
    path = image_path(value, folder)
    return f"{str(path.relative_to(folder) if path.is_relative_to(folder) else path)!r} {problem}"


@dataclass(frozen=True)
class Usable:
    """Inputs of the rows that have them.

    Args:
        inputs: The inputs.
        index: Of each of them the number of its row in the frame.
        problems: By number of a row what makes it unusable.
    """

    inputs: Inputs
    index: list[int]
    problems: Mapping[int, str]

    @property
    def halved(self) -> list[int]:
        """Numbers of the rows in the frame that have one of several texts, and lack another."""
        brought = [column for column in self.inputs.columns if not column.code]
        columns = [self.inputs.values[column.name] for column in brought]
        rows = zip(self.index, *columns, strict=True)
        return [row for row, *cells in rows if any(map(_blank, cells))]


def _blank(cell: Any) -> bool:
    return isinstance(cell, str | list) and not "".join(cell).strip()


def usable(frame: pl.DataFrame, columns: Sequence[Column], base: Path) -> Usable:
    """The inputs in `frame`; rows that lack one, or whose image cannot be read, are left out.

    Images of any size are decoded for that, since each is to be answered: what an encoder could
    not decode it would take for a blank one, and answer.

    Args:
        frame: Rows as read from a file.
        columns: The columns wanted; those with code are made of the others.
        base: The data folder, where relative image paths start, and which they may not leave.
    """
    brought = [column for column in columns if not column.code]
    found, problems = read_inputs(frame, brought, lambda _: base, "the rows", MAX_PIXELS)
    problems, features = _with_features(found, problems, columns)
    index = [row for row, problem in enumerate(problems) if problem is None]
    values: dict[str, Any] = {}
    for column in columns:
        if column.code:
            values[column.name] = [features[row][column.name] for row in index]
            continue
        chosen = found[column.name][index].to_list()
        if column.modality == "image":
            chosen = [v if isinstance(v, bytes) else Path(v) for v in chosen]
        values[column.name] = chosen
    wrong = {row: problem for row, problem in enumerate(problems) if problem is not None}
    return Usable(Inputs(tuple(columns), values), index, wrong)


def _with_features(
    frame: pl.DataFrame, problems: Sequence[Problem], columns: Sequence[Column]
) -> tuple[list[Problem], dict[int, Mapping[str, str]]]:
    """The problems, also those of rows that code fails on, and by usable row what it makes."""
    found = list(problems)
    features: dict[int, Mapping[str, str]] = {}
    index = [row for row, problem in enumerate(problems) if problem is None]
    if index and any(column.code for column in columns):
        given = [c.name for c in columns if c.modality == "text" and not c.code]
        rows = frame[index].select(given).to_dicts()
        for row, made in zip(index, features_of(columns, rows), strict=True):
            if isinstance(made, str):
                found[row] = made
            else:
                features[row] = made
    return found, features
