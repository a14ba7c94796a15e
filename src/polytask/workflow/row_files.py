"""Rows in and out of `polytask predict`: standard input, and files that appear whole or not."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from polytask._errors import DataError, OutputError
from polytask.tasks.files_raw import Raw
from polytask.workflow.folder import check_new, saving

if TYPE_CHECKING:
    from collections.abc import Iterator

WRITTEN = (".csv", ".tsv", ".jsonl", ".parquet")
"""What `write_rows` writes, by suffix."""

_AGAIN = "then give the same command again"


def check_out(out: Path | None) -> None:
    """Refuse a file that is there, of another format, or in no folder; `None` is the screen.

    Raises:
        OutputError: With the way out.
    """
    if out is None:
        return
    if out.suffix not in WRITTEN:
        raise OutputError(
            f"{out}: answers are written as {', '.join(WRITTEN)}; found {out.suffix!r}"
        )
    check_new(out)
    if not out.parent.is_dir():
        raise OutputError(f"{out}: there is no folder {str(out.parent)!r}; make it, then try again")


def read_standard_input() -> tuple[Raw, Path]:
    """Rows from standard input, one JSON object a line, and the folder image paths start from.

    Raises:
        DataError: A line that is no JSON object, not UTF-8, or no rows at all; with the line.
    """
    found: list[dict[str, Any]] = []
    numbers: list[int] = []
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if line.strip():
            found.append(_row(line, number))
            numbers.append(number)
    if not found:
        raise DataError('standard input holds no rows: one JSON object a line, like {"text": "…"}')
    names = dict.fromkeys(name for row in found for name in row)
    frame = pl.DataFrame([_column(name, [row.get(name) for row in found]) for name in names])
    return Raw(frame, "standard input", [], np.array(numbers)), Path.cwd()


def _row(line: bytes, number: int) -> dict[str, Any]:
    way_out = 'one object a line, like {"text": "…"}'
    try:
        value = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except UnicodeDecodeError as error:
        raise DataError(f"standard input, line {number}: not UTF-8 ({error.reason})") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"standard input, line {number}: not JSON ({error}); {way_out}") from error
    if not isinstance(value, dict) or not value:
        raise DataError(f"standard input, line {number}: no object with columns; {way_out}")
    return value


def _column(name: str, values: list[Any]) -> pl.Series:
    """A column of one type; where the values are of several, each as JSON text."""
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float} or (len(kinds) == 1 and not kinds & {list, dict}):
        try:
            return pl.Series(name, values, strict=kinds != {int, float})
        except OverflowError:
            return pl.Series(name, [None if v is None else str(v) for v in values])
    if kinds == {list} and all(isinstance(item, str) for v in values if v for item in v):
        return pl.Series(name, values, dtype=pl.List(pl.String))
    texts = [v if v is None or isinstance(v, str) else _json(v) for v in values]
    return pl.Series(name, texts, dtype=pl.String)


def write_rows(frame: pl.DataFrame, out: Path | None) -> None:
    """Write rows to `out` by its suffix, or as jsonl to standard output.

    Lists and structures become JSON text in csv and tsv, bytes a note of their length.

    Raises:
        OutputError: No room, or `out` cannot be written; nothing is left behind.
    """
    if out is None:
        sys.stdout.writelines(_lines(frame))
        sys.stdout.flush()
        return
    temporary = out.with_name(f"{out.name}.tmp")
    with saving(out, _AGAIN):
        try:
            _write(frame, temporary, out.suffix)
            temporary.replace(out)
        except Exception:
            temporary.unlink(missing_ok=True)
            raise


def _write(frame: pl.DataFrame, path: Path, suffix: str) -> None:
    if suffix == ".jsonl":
        with path.open("w", encoding="utf-8") as file:
            file.writelines(_lines(frame))
        return
    with path.open("wb") as file:  # opened here, so that a fault of the disk is an OSError
        if suffix == ".parquet":
            frame.write_parquet(file)
        else:
            _flat(frame).write_csv(file, separator="\t" if suffix == ".tsv" else ",")


def _lines(frame: pl.DataFrame) -> Iterator[str]:
    for row in frame.iter_rows(named=True):
        yield _json(row) + "\n"


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with every cell as csv can hold it."""
    nested = [name for name, kind in frame.schema.items() if kind.is_nested() or kind == pl.Binary]
    texts = [
        pl.Series(name, [_cell(v) for v in frame[name].to_list()], pl.String) for name in nested
    ]
    return frame.with_columns(texts)


def _cell(value: Any) -> str | None:
    return None if value is None else _plain(value) if isinstance(value, bytes) else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> str:
    return f"<{len(value)} bytes>" if isinstance(value, bytes) else str(value)
