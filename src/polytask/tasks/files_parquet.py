"""parquet: columns with their types; sampled by row above the limits."""

from __future__ import annotations

import tempfile
from pathlib import Path
from shutil import copyfileobj

import numpy as np
import polars as pl

from polytask._errors import DataError
from polytask.tasks.files_raw import Limits, Raw
from polytask.tasks.files_rows import ALL, lower, row_hashes, sampled
from polytask.tasks.files_text import opened

_MAGIC = b"PAR1"
_SLICE = 50_000


def read_parquet(path: Path, limits: Limits) -> Raw:
    """The rows of a parquet file; categories become text, decimals floats, records JSON text.

    A record with the fields `bytes` and `path`, as the datasets library writes images, becomes
    its bytes.

    Raises:
        DataError: No rows, not a parquet file, or a damaged one.
    """
    with opened(path) as handle:
        if handle.read(4) != _MAGIC:
            raise DataError(f"{path} is no parquet file, or a damaged one: write it again")
    if not path.name.lower().endswith(".gz"):
        return _read(path, path, limits)
    # polars needs to jump about in the file, so it is unpacked first.
    with opened(path) as handle, tempfile.NamedTemporaryFile(suffix=".parquet") as copy:
        copyfileobj(handle, copy)
        copy.flush()
        return _read(path, Path(copy.name), limits)


def _read(path: Path, place: Path, limits: Limits) -> Raw:
    try:
        total = pl.scan_parquet(place).select(pl.len()).collect().item()
        if not total:
            raise DataError(f"{path} has columns but no rows: it needs rows")
        frame, rows = _rows(place, total, limits)
    except pl.exceptions.PolarsError as error:
        reason = str(error).partition("\n")[0]
        raise DataError(f"{path} is damaged or cut short ({reason}): write it again") from error
    return Raw(frame, str(path), sampled(str(path), total, len(rows)), rows)


def _rows(place: Path, total: int, limits: Limits) -> tuple[pl.DataFrame, np.ndarray]:
    """The rows kept and their numbers; slice by slice, so that little more is held than kept."""
    kept = _Kept(limits)
    hashes = row_hashes(0, total, limits.seed)
    for start in range(0, total, _SLICE):
        frame = pl.scan_parquet(place).slice(start, _SLICE).collect()
        numbers = np.arange(start + 1, start + 1 + frame.height)
        kept.add(_plain(frame), numbers, hashes[start : start + _SLICE])
    return pl.concat(kept.frames, rechunk=False), np.concatenate(kept.numbers)


class _Kept:
    """Slices kept within limits: a threshold on the hash sinks whenever they grow past them."""

    def __init__(self, limits: Limits) -> None:
        self.frames: list[pl.DataFrame] = []
        self.numbers: list[np.ndarray] = []
        self._hashes: list[np.ndarray] = []
        self._weights: list[float] = []
        self._limits = limits
        self._threshold = ALL

    def add(self, frame: pl.DataFrame, numbers: np.ndarray, hashes: np.ndarray) -> None:
        # Bytes a row are taken before filtering: a filtered frame may still count whole buffers.
        self._weights.append(frame.estimated_size() / frame.height)
        self.frames.append(frame)
        self.numbers.append(numbers)
        self._hashes.append(hashes)
        self._filter(len(self.frames) - 1)
        while self._too_much():
            self._threshold = lower(self._threshold)
            for place in range(len(self.frames)):
                self._filter(place)

    def _too_much(self) -> bool:
        heights = [frame.height for frame in self.frames]
        size = sum(height * weight for height, weight in zip(heights, self._weights, strict=True))
        return sum(heights) > max(1, self._limits.max_rows) or (
            size > self._limits.max_bytes and sum(heights) > 1
        )

    def _filter(self, place: int) -> None:
        if self._threshold < ALL:
            mask = self._hashes[place] < np.uint64(self._threshold)
            self.frames[place] = self.frames[place].filter(pl.Series(mask))
            self.numbers[place] = self.numbers[place][mask]
            self._hashes[place] = self._hashes[place][mask]


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(_plain_column(column) for column in frame)


def _plain_column(column: pl.Series) -> pl.Series:
    dtype = column.dtype
    if dtype in (pl.Categorical, pl.Enum):
        return column.cast(pl.String)
    if dtype == pl.Decimal:
        return column.cast(pl.Float64)
    if isinstance(dtype, pl.Struct):
        if {field.name for field in dtype.fields} == {"bytes", "path"}:
            return column.struct.field("bytes").alias(column.name)
        return column.struct.json_encode().alias(column.name)
    return column
