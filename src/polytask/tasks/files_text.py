"""Text files as lines of UTF-8: encodings detected, transcoded while reading, or refused by name.

A file is looked through once before it is read. UTF-8 (the rule) passes as it is. UTF-16 is known
by its byte order mark or its zero bytes. Where some line is not UTF-8, GBK is accepted when the
bytes are mostly common Chinese characters (GB 2312 level 1), Latin-1 and its superset cp1252 when
bytes above 127 are few and stand alone, as accents do. Anything else, and a file in which UTF-8
and another encoding both occur, is refused: a guess would damage texts without a word.
"""

from __future__ import annotations

import codecs
import gzip
import io
import itertools
import re
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from polytask._errors import DataError
from polytask.tasks.task import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_LINE = 64 * 2**20
"""Bytes of the longest line that is read; a longer one is no row of a table."""

_CHUNK = 4 * 2**20
_HEAD = 64 * 2**10
_HEAD_LINES = 5000
_SAMPLE = 256 * 2**10
_CONTROLS = bytes([*range(1, 9), *range(14, 27), *range(28, 32), 127])
_MAGIC = {
    b"PK\x03\x04": "a zip archive or an xlsx workbook",
    b"PAR1": "a parquet file",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"SQLite format 3": "an SQLite database",
}


@dataclass(frozen=True)
class Encoding:
    """How the bytes of a text file are read.

    Args:
        codec: Python's name of the encoding.
        name: The name for messages; "" for plain UTF-8, which needs none.
        nuls: How many NUL characters will be removed.
        controls: How many other control characters there are; they are kept.
        old_mac: Whether lines end in a carriage return alone.
    """

    codec: str = "utf-8"
    name: str = ""
    nuls: int = 0
    controls: int = 0
    old_mac: bool = False

    def findings(self, source: str) -> list[Finding]:
        """What the user should know about the encoding of `source`."""
        found = []
        if self.name:
            message = f"{source} is encoded in {self.name}; it was read as such"
            found.append(Finding("encoding", message, source, severity="info"))
        if self.nuls:
            message = f"{source} holds {self.nuls} NUL characters; they were removed"
            found.append(Finding("control", message, source, self.nuls))
        if self.controls:
            message = f"{source} holds {self.controls} control characters; they were kept"
            found.append(Finding("control", message, source, self.controls, "info"))
        return found


def encoding_of(path: Path) -> Encoding:
    """The encoding of a text file, from one pass over its bytes.

    Raises:
        DataError: The file is missing, empty, damaged, not text, in an encoding that is not read,
            or in several at once; says the line.
    """
    with opened(path) as handle:
        head = handle.read(_HEAD)
        _check_text(path, head)
        wide = _wide(head)
        if wide:
            return wide
        mark = head.startswith(codecs.BOM_UTF8)
        valid, nuls, controls = _scan(head, handle)
    old_mac = b"\r" in head and b"\n" not in head
    if valid:
        codec, name = ("utf-8-sig", "UTF-8 with a byte order mark") if mark else ("utf-8", "")
        return Encoding(codec, name, nuls, controls, old_mac)
    codec, name = _legacy(path)
    return Encoding(codec, name, nuls, controls, old_mac)


def lines(path: Path, encoding: Encoding) -> Iterator[bytes]:
    """The lines of a text file as UTF-8, each with its line end, without mark and NULs.

    Raises:
        DataError: The file is damaged, or a line is longer than `MAX_LINE`; says the line.
    """
    plain = encoding.codec == "utf-8" and not encoding.old_mac
    number = 0
    with opened(path) as handle:
        try:
            for line in _plain(handle) if plain else _decoded(handle, encoding):
                number += 1
                if len(line) >= MAX_LINE:
                    raise DataError(
                        f"{path}: line {number} is longer than {MAX_LINE // 2**20} MiB: a table "
                        "has a row a line; is the file damaged or of another format?"
                    )
                yield line.replace(b"\0", b"") if encoding.nuls or not plain else line
        except UnicodeError as error:
            raise DataError(
                f"{path} is not {encoding.name or encoding.codec} throughout: it breaks off after "
                f"line {number} or a little later; save the whole file as UTF-8"
            ) from error


def first_lines(path: Path, encoding: Encoding) -> list[bytes]:
    """The first lines of a text file: some thousands or some megabytes, what comes first."""
    head: list[bytes] = []
    size = 0
    for line in itertools.islice(lines(path, encoding), _HEAD_LINES):
        head.append(line)
        size += len(line)
        if size > _CHUNK:
            break
    return head


def pieces(path: Path, encoding: Encoding) -> Iterator[str]:
    """A text file in pieces of some megabytes, cut anywhere: for texts that have no lines.

    Raises:
        DataError: The file is damaged.
    """
    with opened(path) as handle, io.TextIOWrapper(handle, encoding.codec) as text:
        try:
            while piece := text.read(_CHUNK):
                yield piece.replace("\0", "")
        except UnicodeError as error:
            raise DataError(
                f"{path} is not {encoding.name or encoding.codec} throughout: "
                "save the whole file as UTF-8"
            ) from error


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked where it is gzipped; faults of the file as `DataError`."""
    try:
        with path.open("rb") as handle:
            if handle.read(2) == b"\x1f\x8b":
                handle.seek(0)
                with gzip.open(handle) as unpacked:
                    yield io.BufferedReader(unpacked, 2**20)
            else:
                handle.seek(0)
                yield handle
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(
            f"{path} is damaged or cut short ({error}): unpack it with `gzip -t` to see, "
            "and fetch it again"
        ) from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error


def _plain(handle: BinaryIO) -> Iterator[bytes]:
    while line := handle.readline(MAX_LINE):
        yield line


def _decoded(handle: BinaryIO, encoding: Encoding) -> Iterator[bytes]:
    newline = None if encoding.old_mac else "\n"
    with io.TextIOWrapper(handle, encoding.codec, newline=newline) as text:
        while line := text.readline(MAX_LINE):
            yield line.encode()


def _check_text(path: Path, head: bytes) -> None:
    if not head.strip():
        raise DataError(f"{path} is empty: it needs rows")
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            raise DataError(f"{path} is {kind}, not a text file: give it its right suffix")
    # UTF-16 is half zeros and has few other control characters; binary files have many of them.
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls > max(32, 0.1 * len(head)) or head.count(0) > 0.9 * len(head):
        raise DataError(f"{path} is a binary file, not text: save it as UTF-8 text or as parquet")


def _wide(head: bytes) -> Encoding | None:
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if head.startswith(mark):
            return Encoding("utf-16", name.upper())
    half = len(head) // 2
    if head[1::2].count(0) > 0.3 * half > head[::2].count(0):
        return Encoding("utf-16-le", "UTF-16-LE without a byte order mark")
    if head[::2].count(0) > 0.3 * half > head[1::2].count(0):
        return Encoding("utf-16-be", "UTF-16-BE without a byte order mark")
    return None


def _scan(head: bytes, handle: BinaryIO) -> tuple[bool, int, int]:
    """Whether all is UTF-8; how many NUL and other control characters there are."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    valid, nuls, controls = True, 0, 0
    chunk = head
    while chunk:
        nuls += chunk.count(0)
        controls += len(chunk) - len(chunk.translate(None, _CONTROLS))
        valid = valid and _accepts(decoder, chunk)
        chunk = handle.read(_CHUNK)
    return valid and _accepts(decoder, b"", final=True), nuls, controls


def _accepts(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


@dataclass
class _Lines:
    """Lines of one sort: how many, the number of the first, and the bytes of the first ones."""

    count: int = 0
    first: int = 0
    sample: bytes = b""

    def add(self, number: int, line: bytes) -> None:
        self.count += 1
        self.first = self.first or number
        if len(self.sample) < _SAMPLE:
            self.sample += line


def _legacy(path: Path) -> tuple[str, str]:
    """The codec and name of a file that is not UTF-8 throughout."""
    good, bad = _Lines(), _Lines()
    with opened(path) as handle:
        for number, line in enumerate(_plain(handle), 1):
            if not line.isascii():
                sort = good if _is_utf8(line) else bad
                sort.add(number, line)
    for codec, name, plausible in _LEGACY:
        if plausible(bad.sample):
            # A short GBK line can be valid UTF-8 by chance; it then still reads as Chinese.
            if good.count and not (codec == "gb18030" and plausible(good.sample)):
                raise DataError(_mixed(path, good.first, bad.first, f"looks like {name}"))
            return codec, name
    if good.count:
        raise DataError(_mixed(path, good.first, bad.first, "is not"))
    raise DataError(
        f"{path}: line {bad.first} is in none of the encodings that are read (UTF-8, UTF-16, GBK, "
        "Latin-1, cp1252): save the file as UTF-8, e.g. `iconv -f SHIFT_JIS -t UTF-8`"
    )


def _mixed(path: Path, good: int, bad: int, what: str) -> str:
    return (
        f"{path} mixes encodings: line {good} is UTF-8, line {bad} {what}: "
        "save the whole file as UTF-8"
    )


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_gbk(sample: bytes) -> bool:
    try:
        text = sample.decode("gb18030")
    except UnicodeDecodeError:
        return False
    wide = [character for character in text if not character.isascii()]
    leads = [character.encode("gb2312", "ignore")[:1] for character in wide]
    # Lead bytes A1–A3 are punctuation and full-width forms, B0–D7 the level 1 characters, ordered
    # by sound. Western accents and Cyrillic read as GBK fall outside; Korean stays below C9.
    common = sum(lead <= b"\xa3" or b"\xb0" <= lead <= b"\xd7" for lead in leads if lead)
    late = sum(b"\xc9" <= lead <= b"\xd7" for lead in leads)
    return common >= 0.8 * len(wide) and (late > 0.1 * common or common < 8)


def _is_western(sample: bytes) -> bool:
    high = len(re.findall(rb"[\x80-\xff]", sample))
    letters = len(re.findall(rb"[A-Za-z]", sample))
    runs = sum(map(len, re.findall(rb"[\x80-\xff]{4,}", sample)))
    return high <= 0.5 * (high + letters) and runs <= 0.2 * high


def _is_latin(sample: bytes) -> bool:
    return _is_western(sample) and not re.search(rb"[\x80-\x9f]", sample)


def _is_cp1252(sample: bytes) -> bool:
    return _is_western(sample) and not re.search(rb"[\x81\x8d\x8f\x90\x9d]", sample)


_LEGACY = (
    ("gb18030", "GBK", _is_gbk),
    # Latin-1 reads as cp1252 too, which differs only in bytes 80–9F; past the sample these may
    # stand where none stood within.
    ("cp1252", "Latin-1", _is_latin),
    ("cp1252", "cp1252", _is_cp1252),
)
