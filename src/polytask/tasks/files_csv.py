"""csv and tsv: every column as text; ragged rows skipped, listed and never fatal.

polars pads short rows without a word, stops at the first long one and gives no row numbers. So
records are cut here, line by line, their fields counted, and only sound records, in the plainest
form, are given to polars.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from polytask._errors import DataError
from polytask.tasks.files_raw import Limits, Raw
from polytask.tasks.files_rows import BadRows, Sample, sampled
from polytask.tasks.files_text import MAX_LINE, encoding_of, first_lines, lines
from polytask.tasks.task import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_SEPARATORS = (",", ";", "\t", "|")
_NONE = "\x1f"
"""Stands for the separator of a file with one column, whose commas are part of the text."""

_MAX_SPAN = 1000
"""Lines a quoted field may span; an unclosed quote must not swallow the rest of the file."""

_MAX_TRIES = 50
"""Lines with quotes looked at for the end of an open one."""


@dataclass(frozen=True)
class Dialect:
    """How records are written.

    Args:
        separator: Between fields; one character.
        quoted: Whether double quotes enclose fields, or are characters as any.
    """

    separator: str
    quoted: bool = True

    @property
    def spans(self) -> re.Pattern[bytes]:
        """Whole fields in quotes."""
        mark = re.escape(self.separator.encode())
        return re.compile(rb"(?:\A|(?<=" + mark + rb'))"(?:[^"]|"")*+"(?=' + mark + rb"|\Z)")


def read_csv(path: Path, limits: Limits, separator: str = ",") -> Raw:
    """The rows of a csv or tsv file as String columns, null where a field is empty.

    Args:
        path: The file, plain or gzipped.
        limits: How much is kept.
        separator: The one its suffix promises; another is taken when the header lacks it.

    Raises:
        DataError: No rows, a column name that occurs twice, or more bad rows than good ones.
    """
    csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE))
    encoding = encoding_of(path)
    dialect = _dialect(first_lines(path, encoding), separator)
    source = str(path)
    cutter = Cutter(lines(path, encoding), dialect)
    names = _names(path, cutter.header(path))
    bad, sample = BadRows(source), Sample(limits, len(names))
    for row, record, reason in cutter.records(len(names)):
        if reason:
            bad.add(row, reason)
        else:
            sample.add(record, row)
    findings = encoding.findings(source) + _dialect_findings(source, dialect, separator, names)
    findings += bad.findings(sample.seen)
    if not sample.seen:
        raise DataError(f"{path} has a header ({', '.join(names)}) but no rows: it needs rows")
    rows = sample.rows()
    findings += sampled(source, sample.seen, len(rows))
    frames = [_frame(path, batch, names, dialect) for batch in sample.batches()]
    return Raw(pl.concat(frames, rechunk=False), source, findings, rows)


def read_tsv(path: Path, limits: Limits) -> Raw:
    """As `read_csv`, where the suffix promises tabs."""
    return read_csv(path, limits, "\t")


class Cutter:
    """Cuts lines into records.

    Args:
        source: Lines with their ends, UTF-8.
        dialect: How records are written.
    """

    def __init__(self, source: Iterable[bytes], dialect: Dialect) -> None:
        self._source = iter(source)
        self._back: deque[bytes] = deque()
        self._spans = dialect.spans
        self._quoted = dialect.quoted
        self._mark = dialect.separator.encode()
        self._row = 0

    def header(self, path: Path) -> list[str]:
        """The fields of the first record that is not blank."""
        for line in self._lines():
            self._row += 1
            bare = line.rstrip(b"\r\n")
            if bare.strip():
                return self._split(bare, quoted=self._quoted)
        raise DataError(f"{path} is empty: it needs a header and rows")

    def records(self, width: int) -> Iterator[tuple[int, bytes, str]]:
        """Row number, record and, where it is bad, the reason; blank lines are passed over."""
        mark, quoted = self._mark, self._quoted
        for line in self._lines():
            self._row += 1
            bare = line.rstrip(b"\r\n")
            if quoted and b'"' in bare:
                yield self._row, *self._cut(line, width)
            elif bare:
                found = bare.count(mark) + 1
                yield self._row, bare, "" if found == width else _ragged(found, width)

    def _cut(self, line: bytes, width: int) -> tuple[bytes, str]:
        bare = line.rstrip(b"\r\n")
        rest = self._spans.sub(b"", bare)
        found = rest.count(self._mark) + 1
        if b'"' not in rest:
            return bare, "" if found == width else _ragged(found, width)
        if re.search(rb"(?:\A|" + re.escape(self._mark) + rb')"', rest):
            longer = self._extended(line, width)
            if longer is not None:
                return longer, ""
        # Quotes inside a field, or one never closed: taken as characters if the fields then fit.
        for quoted in (True, False):
            fields = self._split(bare, quoted=quoted)
            if len(fields) == width:
                return self._plainest(fields), ""
        return bare, "a quote is never closed"

    def _extended(self, first: bytes, width: int) -> bytes | None:
        """The record with the lines that its open quote spans, or `None` if it never closes."""
        taken: list[bytes] = []
        tries = 0
        for line in itertools.islice(self._lines(), _MAX_SPAN):
            taken.append(line)
            if b'"' not in line:
                continue
            record = b"".join([first, *taken]).rstrip(b"\r\n")
            rest = self._spans.sub(b"", record)
            if b'"' not in rest and rest.count(self._mark) + 1 == width:
                return record
            tries += 1
            if tries == _MAX_TRIES or b'"' not in rest:
                break
        self._back.extendleft(reversed(taken))
        return None

    def _lines(self) -> Iterator[bytes]:
        while True:
            line = self._back.popleft() if self._back else next(self._source, None)
            if line is None:
                return
            yield line

    def _split(self, bare: bytes, *, quoted: bool) -> list[str]:
        text, separator = bare.decode(), self._mark.decode()
        if not quoted:
            return text.split(separator)
        try:
            return next(csv.reader([text], delimiter=separator))
        except csv.Error:  # a carriage return alone, which ends a line for this module
            return next(csv.reader([text.replace("\r", " ")], delimiter=separator))

    def _plainest(self, fields: list[str]) -> bytes:
        if not self._quoted:
            return self._mark.join(field.encode() for field in fields)
        return self._mark.join(b'"' + f.replace('"', '""').encode() + b'"' for f in fields)


def _ragged(found: int, width: int) -> str:
    return f"{found} field{'s' if found > 1 else ''} where the header has {width}"


def _dialect(head: list[bytes], promised: str) -> Dialect:
    """The dialect of a file from its first lines."""
    first = next((line for line in head if line.strip()), b"").rstrip(b"\r\n")
    counts = {
        mark: Dialect(mark).spans.sub(b"", first).count(mark.encode()) for mark in _SEPARATORS
    }
    separator = promised
    if not counts[promised]:
        separator = max(counts, key=lambda mark: counts[mark])
        separator = separator if counts[separator] else _NONE
    quoted = Dialect(separator)
    if separator != "\t":
        return quoted
    # tsv files often hold quotes as plain characters; the reading that loses fewer rows is right.
    plain = Dialect(separator, quoted=False)
    return min((quoted, plain), key=lambda dialect: _losses(head, dialect, counts[separator] + 1))


def _losses(head: list[bytes], dialect: Dialect, width: int) -> int:
    return sum(bool(reason) for _, _, reason in Cutter(head, dialect).records(width))


def _names(path: Path, fields: list[str]) -> list[str]:
    names = [name.strip() or f"column_{number}" for number, name in enumerate(fields, 1)]
    for number, name in enumerate(names, 1):
        first = names.index(name) + 1
        if first != number:
            raise DataError(
                f"{path} has the column {name!r} twice (columns {first} and {number}): "
                "column names must differ; rename one of them in the header"
            )
    return names


def _dialect_findings(
    source: str, dialect: Dialect, promised: str, names: list[str]
) -> list[Finding]:
    found = []
    if dialect.separator not in (promised, _NONE):
        message = f"{source} has fields separated by {dialect.separator!r}; it was read as such"
        found.append(Finding("separator", message, source, severity="info"))
    numbers = [name for name in names if re.fullmatch(r"[-+]?[\d.]+(e[-+]?\d+)?", name)]
    if numbers:
        message = (
            f"{source}: the header has the number {numbers[0]!r} as a column name; "
            "if the file has no header, add one"
        )
        found.append(Finding("header", message, source))
    return found


def _frame(path: Path, batch: list[bytes], names: list[str], dialect: Dialect) -> pl.DataFrame:
    frame = pl.read_csv(
        io.BytesIO(b"\n".join(batch)),
        has_header=False,
        schema=dict.fromkeys(names, pl.String),
        separator=dialect.separator,
        quote_char='"' if dialect.quoted else None,
    )
    if frame.height != len(batch):
        raise DataError(f"{path}: quotes are so mixed that rows cannot be told apart: quote fields")
    return frame
