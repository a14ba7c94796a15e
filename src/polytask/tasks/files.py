"""Reading one file, whatever its format, encoding and size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask.tasks.files_raw import MAX_BYTES, MAX_ROWS, Limits, Raw

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MAX_BYTES", "MAX_ROWS", "Limits", "Raw", "read"]


def read(path: Path, *, max_bytes: int = MAX_BYTES, max_rows: int = MAX_ROWS, seed: int = 0) -> Raw:
    """The rows of a csv, tsv, jsonl, json, parquet or CoNLL file (also .gz), or an image tree."""
    raise NotImplementedError
