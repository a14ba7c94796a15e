"""Sources: files or frames of the same columns as one table, each row with its split and place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from polytask._errors import DataError
from polytask._optional import require
from polytask.tasks.discover import discover
from polytask.tasks.files import read
from polytask.tasks.loading_words import unfold
from polytask.tasks.splits import SPLIT_NAMES
from polytask.tasks.splits_more import MORE
from polytask.tasks.task import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.tasks.discover import SourceFile


@dataclass(frozen=True)
class Source:
    """Rows of one table before anything is decided about them.

    Args:
        name: What it is called: the folder or the stem of its files.
        frame: The rows.
        given: The split each row came with: "train", "dev", "test", "" or `MORE`.
        files: Names of the files, for messages.
        file: By row the index of its file.
        row: By row its number in its file.
        roots: By file the folder that relative image paths start from.
        findings: What reading noticed.
        data: Split to paths, as a task file names them; empty for data in memory.
    """

    name: str
    frame: pl.DataFrame
    given: np.ndarray
    files: tuple[str, ...]
    file: np.ndarray
    row: np.ndarray
    roots: tuple[Path, ...]
    findings: tuple[Finding, ...]
    data: Mapping[str, tuple[str, ...]]

    def place(self, index: int) -> str:
        """Where row `index` stands, e.g. `train.csv:12`."""
        return f"{self.files[int(self.file[index])]}:{int(self.row[index])}"

    def root(self, index: int) -> Path:
        """The folder that a relative image path in row `index` starts from."""
        return self.roots[int(self.file[index])]


@dataclass(frozen=True)
class _Piece:
    """One file or frame of a source."""

    frame: pl.DataFrame
    split: str
    file: str
    rows: np.ndarray
    root: Path
    findings: Sequence[Finding] = ()


def found_sources(where: str | Path | Sequence[str | Path], seed: int) -> list[Source]:
    """The sources that files, folders or globs hold.

    Raises:
        DataError: Nothing there, or nothing that can be read.
    """
    return [_from_files(name, files, seed) for name, files in discover(where).items()]


def named_source(
    name: str, data: Mapping[str, Sequence[str]], seed: int, more: Sequence[str] = ()
) -> Source:
    """The source that a task file names: split to paths, "" where the files are not split.

    Rows of the paths in `more` stand behind the others, with the split `MORE`.
    """
    files = [
        replace(file, split=SPLIT_NAMES.get(split, file.split))
        for split, paths in data.items()
        for found in discover(list(paths)).values()
        for file in found
    ]
    later = [file for found in discover(list(more)).values() for file in found] if more else []
    source = _from_files(name, files, seed, later)
    return replace(source, data={split: tuple(paths) for split, paths in data.items()})


def memory_sources(data: Any) -> list[Source]:
    """Sources from a frame, rows as dicts, or a mapping of names (or splits) to these.

    Raises:
        DataError: Neither of these, or no rows.
    """
    if isinstance(data, dict):
        if data and all(key in SPLIT_NAMES for key in data):
            parts = {key: frame_of(value, key) for key, value in data.items()}
            return [_join("data", [_memory(frame, key) for key, frame in parts.items()])]
        return [_join(key, [_memory(frame_of(value, key), "", key)]) for key, value in data.items()]
    return [_join("data", [_memory(frame_of(data, "data"), "")])]


def _memory(frame: pl.DataFrame, split: str, name: str = "") -> _Piece:
    name = name or split or "row"
    rows = np.arange(1, frame.height + 1)
    return _Piece(frame, SPLIT_NAMES.get(split, ""), name, rows, Path.cwd())


def _from_files(
    name: str, files: Sequence[SourceFile], seed: int, more: Sequence[SourceFile] = ()
) -> Source:
    pieces = [_read(file, file.split, seed) for file in files]
    pieces += [_read(file, MORE, seed) for file in more]
    data: dict[str, tuple[str, ...]] = {}
    for file in files:
        data[file.split] = (*data.get(file.split, ()), str(file.path))
    return replace(_join(name, pieces), data=data)


def _read(file: SourceFile, split: str, seed: int) -> _Piece:
    raw = read(file.path, seed=seed)
    root = file.path if file.path.is_dir() else file.path.parent
    shown = f"{root.name}/{file.path.name}" if root.name else file.path.name
    shown = file.path.name if file.path.is_dir() else shown
    return _Piece(raw.frame, split, shown, raw.rows, root, raw.findings)


def _join(name: str, pieces: Sequence[_Piece]) -> Source:
    findings = [finding for piece in pieces for finding in piece.findings]
    findings += _missing_columns(pieces)
    frames = [piece.frame for piece in pieces]
    try:
        frame = pl.concat(frames, how="diagonal_relaxed")
    except (pl.exceptions.SchemaError, pl.exceptions.InvalidOperationError) as error:
        names = ", ".join(piece.file for piece in pieces)
        raise DataError(
            f"The files {names} hold columns of one name with values that do not fit together "
            f"({error}); rename or repair the column"
        ) from error
    if not frame.height:
        raise DataError(f"{name}: there are no rows; a table needs a header and rows")
    frame, unfolded = unfold(frame, name)
    heights = [piece.frame.height for piece in pieces]
    return Source(
        name,
        frame,
        given=np.repeat(np.array([piece.split for piece in pieces], dtype=object), heights),
        files=tuple(piece.file for piece in pieces),
        file=np.repeat(np.arange(len(pieces)), heights),
        row=np.concatenate([piece.rows for piece in pieces]),
        roots=tuple(piece.root for piece in pieces),
        findings=(*findings, *unfolded),
        data={},
    )


def _missing_columns(pieces: Sequence[_Piece]) -> list[Finding]:
    every = list(dict.fromkeys(column for piece in pieces for column in piece.frame.columns))
    found = []
    for piece in pieces:
        gone = [column for column in every if column not in piece.frame.columns]
        if gone:
            message = f"{piece.file} lacks the columns {', '.join(gone)}; its rows have no value"
            found.append(Finding("missing_column", message, piece.file, piece.frame.height))
    return found


def frame_of(data: Any, name: str) -> pl.DataFrame:
    """The rows of a frame or a list of dicts.

    Raises:
        DataError: Neither of these, or no rows; `name` begins the message.
    """
    if isinstance(data, pl.DataFrame):
        return data
    if isinstance(data, pl.LazyFrame):
        return data.collect()
    if type(data).__module__.partition(".")[0] == "pandas":
        return _pandas(data)
    if isinstance(data, (list, tuple)) and data and all(isinstance(row, dict) for row in data):
        return _rows(data)
    raise DataError(
        f"{name}: expected a path, a polars or pandas frame, or a list of dicts with at least "
        f"one row; found {type(data).__name__}"
    )


def _pandas(data: Any) -> pl.DataFrame:
    names = [str(column) for column in data.columns]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise DataError(f"The frame has two columns {doubled[0]!r}; rename one of them")
    require("pyarrow", extra="pandas", why="Reading a pandas frame")
    try:
        frame: pl.DataFrame = pl.from_pandas(data)
    except (ValueError, TypeError):  # mixed objects in a column, or text that is no Unicode
        return _rows(data.to_dict("records"))
    return frame


def _rows(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    columns = list(dict.fromkeys(str(column) for row in rows for column in row))
    return pl.DataFrame([_series(column, [row.get(column) for row in rows]) for column in columns])


def _series(name: str, values: Sequence[Any]) -> pl.Series:
    plain = [_plain(value) for value in values]
    kinds = {type(value) for value in plain if value is not None}
    if str in kinds and kinds & {int, float, bool}:
        plain = [None if value is None else str(value) for value in plain]
    try:
        return pl.Series(name, plain, strict=not kinds <= {int, float, bool})
    except (TypeError, pl.exceptions.PolarsError) as error:
        named = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise DataError(
            f"Column {name!r} mixes values of the types {named}; give one type a column"
        ) from error


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        # Half of a surrogate pair is no character and cannot be written to any file.
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, float):
        return None if value != value else value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    return list(value) if isinstance(value, tuple) else value
