"""CoNLL files: a token a line with its tags, a blank line between sentences.

Fields are separated by tabs, or else by white space. CoNLL-U (ten fields, numbered tokens) gives
its words with `upos` and, where filled, `xpos`; other files give a column for each field after the
token: `tags`, or `pos`, `chunk`, `ner` for the four fields of CoNLL-2003, or `tags_1`, `tags_2`, …
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from polytask._errors import DataError
from polytask.tasks.files_raw import Limits, Raw
from polytask.tasks.files_rows import BadRows, Sample, sampled
from polytask.tasks.files_text import encoding_of, first_lines, lines
from polytask.tasks.task import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_U_WIDTH = 10
_CONLL_2003 = ("tokens", "pos", "chunk", "ner")
_EMPTY = frozenset({"_", "-X-", "-", ""})


@dataclass(frozen=True)
class Layout:
    """How the lines of a CoNLL file are made.

    Args:
        tab: Whether tabs separate fields, or any white space.
        width: Fields a line.
        universal: Whether it is CoNLL-U.
        fields: Column name by position of its field.
        tags: Last fields of the first lines that do not begin with `#`.
    """

    tab: bool
    width: int
    universal: bool
    fields: dict[int, str]
    tags: frozenset[str] = frozenset()

    def split(self, line: bytes) -> list[str]:
        """The fields of a line."""
        text = line.decode().rstrip("\r\n")
        return text.split("\t") if self.tab else text.split()

    def is_comment(self, line: bytes) -> bool:
        """Whether a line that begins with `#` is a comment and not the token `#`."""
        fields = self.split(line)
        return self.universal or len(fields) != self.width or fields[-1] not in self.tags

    def is_word(self, line: bytes) -> bool:
        """Whether a line is a word: of CoNLL-U no range (1-2) and no empty node (1.1)."""
        return not self.universal or line.partition(b"\t")[0].isdigit()


def read_conll(path: Path, limits: Limits) -> Raw:
    """The sentences of a CoNLL file: `tokens` and a list column for each tag column.

    Raises:
        DataError: No sentences, fewer than two fields a line, or mostly broken sentences.
    """
    encoding = encoding_of(path)
    layout = _layout(path, first_lines(path, encoding))
    source = str(path)
    bad, sample = BadRows(source, "sentence"), Sample(limits)
    for row, sentence in _sentences(lines(path, encoding), layout):
        reason = _fault(sentence, layout)
        if reason:
            bad.add(row, reason)
        else:
            sample.add(b"".join(sentence), row)
    findings = encoding.findings(source) + bad.findings(sample.seen)
    if not sample.seen:
        raise DataError(f"{path} has no sentences: it needs a token and its tags a line")
    rows = sample.rows()
    findings += sampled(source, sample.seen, len(rows))
    frame = pl.concat([_frame(batch, layout) for batch in sample.batches()], rechunk=False)
    frame, dropped = _filled(frame, source)
    return Raw(frame, source, findings + dropped, rows)


def looks_like_conll(path: Path) -> bool:
    """Whether a text file of another name is CoNLL: short lines of like width, blank lines between.

    Raises:
        DataError: The file cannot be read as text.
    """
    head = [line.rstrip(b"\r\n") for line in first_lines(path, encoding_of(path))]
    words = [line for line in head if line.strip() and not line.startswith(b"#")]
    if not words or len(words) == len(head):
        return False
    widths = Counter(len(line.split()) for line in words)
    width, count = widths.most_common(1)[0]
    return width > 1 and count >= 0.95 * len(words)


def _layout(path: Path, head: list[bytes]) -> Layout:
    words = [line for line in head if line.strip() and not line.startswith((b"#", b"-DOCSTART-"))]
    tab = sum(b"\t" in line for line in words) > 0.5 * len(words)
    split = Layout(tab, 0, universal=False, fields={}).split
    widths = Counter(len(split(line)) for line in words)
    width = widths.most_common(1)[0][0] if words else 0
    if width < 2:
        raise DataError(f"{path} has no tags: CoNLL needs a token and at least one tag a line")
    rows = [fields for fields in map(split, words) if len(fields) == width]
    numbered = all(re.fullmatch(r"\d+([-.]\d+)?", fields[0]) for fields in rows)
    if tab and numbered and width == _U_WIDTH:
        return Layout(tab, width, universal=True, fields={1: "tokens", 3: "upos", 4: "xpos"})
    start = 1 if numbered and width > 2 and rows[0][0] in ("0", "1") else 0
    names = _names(width - start, documents=any(line.startswith(b"-DOCSTART-") for line in head))
    tags = frozenset(fields[-1] for fields in rows)
    return Layout(tab, width, universal=False, fields=dict(enumerate(names, start)), tags=tags)


def _names(width: int, *, documents: bool) -> list[str]:
    if width == len(_CONLL_2003) and documents:
        return list(_CONLL_2003)
    tags = ["tags"] if width == 2 else [f"tags_{number}" for number in range(1, width)]
    return ["tokens", *tags]


def _sentences(source: Iterable[bytes], layout: Layout) -> Iterator[tuple[int, list[bytes]]]:
    """The line number of the first token and the token lines of each sentence."""
    sentence: list[bytes] = []
    start = 0
    for number, line in enumerate(itertools.chain(source, [b"\n"]), 1):
        if not line.strip(b" \r\n"):
            if sentence:
                yield start, sentence
            sentence = []
        elif not _is_passed(line, layout):
            start = start if sentence else number
            sentence.append(line if line.endswith(b"\n") else line + b"\n")


def _is_passed(line: bytes, layout: Layout) -> bool:
    if line.startswith(b"-DOCSTART-"):
        return True
    return (line.startswith(b"#") and layout.is_comment(line)) or not layout.is_word(line)


def _fault(sentence: list[bytes], layout: Layout) -> str:
    for line in sentence:
        found = len(layout.split(line))
        if found != layout.width:
            return f"a line with {found} fields where others have {layout.width}"
    return ""


def _frame(batch: list[bytes], layout: Layout) -> pl.DataFrame:
    columns: dict[str, list[list[str]]] = {name: [] for name in layout.fields.values()}
    for record in batch:
        fields = [layout.split(line) for line in record.splitlines()]
        for position, name in layout.fields.items():
            columns[name].append([line[position] for line in fields])
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.List(pl.String)))


def _filled(frame: pl.DataFrame, source: str) -> tuple[pl.DataFrame, list[Finding]]:
    """The frame without tag columns that say nothing."""
    empty = [
        name
        for name in frame.columns
        if name != "tokens" and set(frame[name].explode().unique().to_list()) <= _EMPTY
    ]
    findings = [
        Finding("empty_column", f"{source}: column {name!r} is not filled; left out", name)
        for name in empty
    ]
    return frame.drop(empty), findings
