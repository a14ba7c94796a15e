"""Rows as a caller has them at hand, dicts or a frame, as inputs of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytask._errors import ConfigError
from polytask.tasks.loading_inputs import Usable, usable
from polytask.tasks.loading_sources import frame_of

if TYPE_CHECKING:
    from polytask.tasks.task import Column


def records(rows: Any) -> list[Mapping[str, Any]]:
    """One dict a row, of dicts, of one dict alone, or of a polars or pandas frame.

    Raises:
        ConfigError: `rows` is something else.

    >>> records({"text": "hi"})
    [{'text': 'hi'}]
    """
    if isinstance(rows, Mapping):
        return [rows]
    if hasattr(rows, "columns"):
        return list(frame_of(rows, "rows").to_dicts())
    if isinstance(rows, str) or not isinstance(rows, Sequence):
        raise ConfigError(
            'Rows are dicts like {"text": "…"}, or a polars or pandas frame; found '
            f"{type(rows).__name__}. For a file there is `polytask predict RUN FILE`"
        )
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise ConfigError(f'Row {number} is no dict like {{"text": "…"}}; found {row!r}')
    return list(rows)


def usable_cells(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> Usable:
    """The inputs that the rows have in `columns`; relative image paths start from here.

    Raises:
        ConfigError: A row lacks a column.
        DataError: A column holds neither text, lists nor images.
    """
    cells = [
        {column.name: _cell(row, column, number) for column in columns if not column.code}
        for number, row in enumerate(rows)
    ]
    return usable(frame_of(cells, "rows"), columns, Path(Path.cwd().anchor))


def _cell(row: Mapping[str, Any], column: Column, number: int) -> Any:
    if column.name not in row:
        raise ConfigError(f"Row {number} lacks the column {column.name!r}; found {', '.join(row)}")
    value = row[column.name]
    if column.modality == "image" and isinstance(value, (str, Path)):
        return str(Path(value).absolute())
    return value
