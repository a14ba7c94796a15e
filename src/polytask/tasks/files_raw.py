"""What reading a file gives: a frame, the row numbers in the file, and what was noticed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from polytask.tasks.task import Finding

MAX_BYTES = 256 * 2**20
"""Bytes kept of one file; above, a sample of its rows is kept."""

MAX_ROWS = 1_000_000
"""Rows kept of one file; above, a sample of its rows is kept."""


@dataclass(frozen=True)
class Limits:
    """How much of one file is kept.

    Args:
        max_bytes: Bytes of text (or of decoded columns) kept at most.
        max_rows: Rows kept at most.
        seed: Seed of the hash that chooses the rows kept above a limit.
    """

    max_bytes: int = MAX_BYTES
    max_rows: int = MAX_ROWS
    seed: int = 0


@dataclass(frozen=True)
class Raw:
    """One file as read, before anything is known of its columns.

    Args:
        frame: The rows. csv and tsv: String columns only, null where a field is empty. jsonl and
            parquet: their own types (struct columns as JSON text). CoNLL: `tokens` and one list
            column a tag column. An image folder tree: `image` (absolute path) and `label`.
        source: The path as given.
        findings: What was noticed: encoding, skipped rows, sampling, removed NULs.
        rows: By frame row its number in the file, from 1: csv and tsv as a spreadsheet counts
            (the header is row 1), jsonl the line, a JSON array the element, parquet the row,
            CoNLL the line of the first token.
    """

    frame: pl.DataFrame
    source: str
    findings: list[Finding] = field(default_factory=list)
    rows: np.ndarray = field(default_factory=lambda: _no_rows())

    def place(self, index: int) -> str:
        """Where row `index` of the frame stands, e.g. `train.csv:12`."""
        return f"{self.source}:{int(self.rows[index])}"


def _no_rows() -> np.ndarray:
    import numpy as np

    return np.zeros(0, dtype=np.int64)
