"""Rows of one file on their way into a frame: kept within limits, or skipped and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from polytask._errors import DataError
from polytask.tasks.task import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from polytask.tasks.files_raw import Limits

_BLOCK = 2**16
_BATCH = 16 * 2**20
_RECORD = 64
_CELL = 16
ALL = 2**64
"""The threshold below which every hash lies."""


def row_hashes(start: int, count: int, seed: int) -> np.ndarray:
    """A uniform 64-bit hash of each row number from `start` (SplitMix64: Steele et al., 2014).

    >>> row_hashes(0, 3, 0).tolist() == row_hashes(0, 5, 0)[:3].tolist()
    True
    """
    steps = np.arange(start + 1, start + count + 1, dtype=np.uint64)
    value = steps * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed % 2**32) * np.uint64(0xD1B54A33)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(value ^ (value >> np.uint64(31)))


def lower(threshold: int) -> int:
    """The next threshold: a quarter fewer rows."""
    return threshold * 3 // 4


def sampled(source: str, seen: int, kept: int) -> list[Finding]:
    """What is said when `kept` of `seen` rows were kept; nothing when all were."""
    if kept == seen:
        return []
    message = (
        f"{source} holds {seen:,} rows, more than are kept of one file; a seeded sample of "
        f"{kept:,} rows ({kept / seen:.1%}) is used"
    )
    return [Finding("sampled", message, source, seen - kept)]


class Sample:
    """The records of a file that are kept: all, or above the limits a seeded sample.

    A record is kept when the hash of its number lies below a threshold, which is lowered whenever
    the records kept exceed a limit: one pass, bounded memory, the same rows for the same seed.

    Args:
        limits: How much is kept.
        columns: How many columns a record will fill; each costs a frame 16 bytes and more.
    """

    def __init__(self, limits: Limits, columns: int = 4) -> None:
        self.seen = 0
        self._overhead = _RECORD + _CELL * columns
        self._limits = limits
        self._threshold = ALL
        self._bytes = 0
        self._block: list[int] = []
        # Three lists and not one of tuples: the garbage collector walks through tuples.
        self._hashes: list[int] = []
        self._rows: list[int] = []
        self._records: list[bytes] = []

    def add(self, record: bytes, row: int) -> None:
        """Take up a record with its row number in the file; rows come in order."""
        place = self.seen % _BLOCK
        if not place:
            self._block = row_hashes(self.seen, _BLOCK, self._limits.seed).tolist()
        self.seen += 1
        own = self._block[place]
        if own < self._threshold:
            self._hashes.append(own)
            self._rows.append(row)
            self._records.append(record)
            self._bytes += len(record) + self._overhead
            if self._bytes > self._limits.max_bytes or len(self._rows) > self._limits.max_rows:
                self._lower()

    def rows(self) -> np.ndarray:
        """Row numbers in the file of the records kept, in order."""
        return np.array(self._rows, dtype=np.int64)

    def batches(self) -> Iterator[list[bytes]]:
        """The records kept, some megabytes at a time; each batch is forgotten once given."""
        records, self._records = self._records, []
        records.reverse()
        while records:
            batch: list[bytes] = []
            size = 0
            while records and size < _BATCH:
                batch.append(records.pop())
                size += len(batch[-1])
            yield batch

    def _lower(self) -> None:
        """Lower the threshold until what lies below it is within the limits."""
        while self._bytes > self._limits.max_bytes or len(self._rows) > self._limits.max_rows:
            self._threshold = lower(self._threshold)
            kept = [place for place, own in enumerate(self._hashes) if own < self._threshold]
            self._hashes = [self._hashes[place] for place in kept]
            self._rows = [self._rows[place] for place in kept]
            self._records = [self._records[place] for place in kept]
            self._bytes = sum(map(len, self._records)) + self._overhead * len(kept)


class BadRows:
    """Rows of a file that cannot be read: skipped, counted, and the first ones listed.

    Args:
        source: The file.
        noun: What a row is called in messages.
    """

    def __init__(self, source: str, noun: str = "row") -> None:
        self.count = 0
        self._source = source
        self._noun = noun
        self._listed: list[str] = []

    def add(self, row: int, reason: str) -> None:
        """Count row `row` of the file as bad for `reason`."""
        self.count += 1
        if len(self._listed) < 5:
            self._listed.append(f"{self._source}:{row} ({reason})")

    def findings(self, good: int) -> list[Finding]:
        """What is said of the bad rows beside `good` ones.

        Raises:
            DataError: More rows are bad than good: the file is not what its name says.
        """
        if not self.count:
            return []
        more = ", …" if self.count > len(self._listed) else ""
        places = ", ".join(self._listed) + more
        total = self.count + good
        if self.count > good:
            raise DataError(
                f"{self._source}: {self.count:,} of {total:,} {self._noun}s cannot be read: "
                f"{places}. Is the file of another format, or has it another separator?"
            )
        message = f"{self.count:,} of {total:,} {self._noun}s cannot be read, skipped: {places}"
        return [Finding("bad_row", message, self._source, self.count)]
