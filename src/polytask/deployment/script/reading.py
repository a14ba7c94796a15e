"""How a program reads the rows of a table: from the user's own files, by a few lines of polars.

The rows a run used may be fewer than those of the files (duplicates across splits, rows without
an input), and a run may have cut its splits itself. So the files are read here as the program will
read them, and held against the rows of the run: whole files where they are the splits, else row
numbers. Cells that the run repaired are no matter of a few lines: they are refused.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from polytask._errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from polytask.tasks.entry import Entry
    from polytask.tasks.task import Table, Task

SPLITS = ("train", "dev", "test")
_READERS: dict[str, tuple[str, Callable[[Path], pl.DataFrame]]] = {
    ".parquet": ("pl.read_parquet({})", pl.read_parquet),
    ".csv": ("pl.read_csv({}, infer_schema=False)", lambda p: pl.read_csv(p, infer_schema=False)),
    ".tsv": (
        'pl.read_csv({}, separator="\\t", infer_schema=False)',
        lambda p: pl.read_csv(p, separator="\t", infer_schema=False),
    ),
    ".jsonl": ("pl.read_ndjson({})", pl.read_ndjson),
}
"""By the end of a file's name what the program calls, and the same as a function."""


@dataclass(frozen=True)
class Reading:
    """Where the rows of a table stand.

    Args:
        folder: The folder of the files.
        files: Their names, in the order of the rows.
        call: What reads one, with `{}` for its path.
        whole: Split to file where the files are the splits; else empty.
        rows: Split to the numbers of its rows over all files; empty where `whole` is not.
        plain: Columns that hold text already.
        maps: By task what its raw labels are replaced by, where the user said so.
    """

    folder: Path
    files: tuple[str, ...]
    call: str
    whole: Mapping[str, str]
    rows: Mapping[str, Sequence[int]]
    plain: frozenset[str]
    maps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def reading(table: Table, tasks: Sequence[Task], entries: Mapping[str, Entry]) -> Reading:
    """How the rows of `tasks` on `table` are read, whose files and labels `entries` name.

    Raises:
        ConfigError: A few lines would read other rows than the run did.
    """
    paths = _paths(table, entries[tasks[0].name])
    maps = {task.name: entries[task.name].map for task in tasks if entries[task.name].map}
    text, _ = _READERS[paths[0].suffix.lower()]
    frames = [read(path) for path in paths]
    columns = list(dict.fromkeys([*(c.name for c in table.columns), *(t.target for t in tasks)]))
    try:
        frame = pl.concat([one.select(columns) for one in frames], how="vertical_relaxed")
    except pl.exceptions.PolarsError as error:
        raise _refusal(table.name, f"its files differ in columns or types ({error})") from error
    places = _matched(table, tasks, frame, maps)
    rows = {split: _rows(table, tasks, split, places) for split in SPLITS}
    folder = Path(os.path.commonpath([path.parent for path in paths]))
    names = tuple(path.relative_to(folder).as_posix() for path in paths)
    whole = _whole(rows, names, [one.height for one in frames])
    plain = frozenset(name for name in columns if frame[name].dtype in (pl.String, pl.Binary))
    return Reading(folder, names, text, whole, {} if whole else rows, plain, maps)


def read(path: Path) -> pl.DataFrame:
    """A file as a program reads it."""
    return _READERS[path.suffix.lower()][1](path)


def _paths(table: Table, entry: Entry) -> list[Path]:
    paths = [Path(path).resolve() for files in (*entry.data.values(), entry.more) for path in files]
    kinds = {path.suffix.lower() for path in paths}
    if len(kinds) != 1 or not kinds <= set(_READERS):
        raise _refusal(
            table.name,
            f"a program reads files of one kind, {', '.join(_READERS)}, and these are "
            f"{', '.join(sorted(path.name for path in paths)[:4]) or 'not named'}",
        )
    return paths


def _matched(
    table: Table, tasks: Sequence[Task], frame: pl.DataFrame, maps: Mapping[str, Mapping[str, str]]
) -> np.ndarray:
    """By row of the table its number in `frame`; both stand in the same order."""
    wanted = zip(*_columns(table, tasks), strict=True)
    found = enumerate(zip(*_cells(table, tasks, frame, maps), strict=True))
    places = np.zeros(len(table.final), dtype=np.int64)
    for row, cells in enumerate(wanted):
        places[row] = _next(found, cells, table.name)
    return places


def _next(found: Iterator[tuple[int, Any]], cells: Any, table: str) -> int:
    for number, candidate in found:
        if candidate == cells:
            return number
    shown = ", ".join("an image" if isinstance(c, bytes) else repr(c)[:40] for c in cells)
    raise _refusal(table, f"the run repaired cells, or sorted its rows; it has a row ({shown})")


def _columns(table: Table, tasks: Sequence[Task]) -> list[list[Any]]:
    names = [*(column.name for column in table.columns), *(task.name for task in tasks)]
    return [table.frame[name].to_list() for name in names]


def _cells(
    table: Table, tasks: Sequence[Task], frame: pl.DataFrame, maps: Mapping[str, Mapping[str, str]]
) -> list[list[Any]]:
    """The columns of `frame` as a program takes them."""
    inputs = [
        frame[c.name].to_list() if c.tokens or c.modality == "image" else _text(frame[c.name])
        for c in table.columns
    ]
    targets = [
        _targets(frame[task.target], task.kind, dict(maps.get(task.name, {}))) for task in tasks
    ]
    return [*inputs, *targets]


def _targets(cells: pl.Series, kind: str, renamed: dict[str, str]) -> list[Any]:
    if kind in ("tagging", "multilabel"):
        return cells.to_list()
    if kind == "regression":
        return cells.cast(pl.Float64, strict=False).to_list()
    return [renamed.get(cell, cell) for cell in _text(cells)]


def _text(cells: pl.Series) -> list[Any]:
    if isinstance(cells.dtype, (pl.List, pl.Struct)):
        return cells.to_list()
    return cells.cast(pl.String, strict=False).to_list()


def _rows(table: Table, tasks: Sequence[Task], split: str, places: np.ndarray) -> list[int]:
    """Numbers of the rows of `split` that have a label of any of `tasks`."""
    labelled = np.zeros(len(table.final), dtype=bool)
    for task in tasks:
        labelled |= table.frame[task.name].is_not_null().to_numpy()
    found: list[int] = places[(table.final == split) & labelled].tolist()
    return found


def _whole(
    rows: Mapping[str, Sequence[int]], names: Sequence[str], heights: Sequence[int]
) -> dict[str, str]:
    """Split to file where each split is all of one file; else empty."""
    ends = np.cumsum(heights).tolist()
    spans = {
        tuple(range(end - height, end)): name
        for name, height, end in zip(names, heights, ends, strict=True)
    }
    found = {split: spans.get(tuple(numbers), "") for split, numbers in rows.items()}
    return found if all(found.values()) else {}


def _refusal(table: str, why: str) -> ConfigError:
    return ConfigError(
        f"The rows of {table!r} cannot be read by a few lines of a program: {why}. Save the rows "
        "as parquet with the columns as they shall be read, and run again"
    )
