"""Texts and token lists to sub-word ids, with the place of every token of the user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from polytask.learning.encoders.encoder import Prepared
from polytask.learning.encoders.marks import TRUNCATED, WINDOWED, blank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.tasks.task import Inputs

OVERLAP = 0.25
"""Share of a window that repeats the one before: context for the tokens at the seam."""


@dataclass(frozen=True)
class Tokenized:
    """A row as sub-word ids.

    Args:
        sequences: The ids of each window; one unless a token list was too long.
        types: Segment numbers of each window for pairs, or `None`.
        places: Window and position of the first sub-word of each token of the user, `(u, 2)`;
            `None` where the input is no token list.
    """

    sequences: list[list[int]]
    types: list[list[int]] | None = None
    places: np.ndarray | None = None


def tokenize(tokenizer: Any, inputs: Inputs, longest: int, prefix: str = "") -> Prepared:
    """Tokenise rows; the first column (or the first token list) first, the rest as its pair.

    Args:
        tokenizer: A fast tokenizer of transformers.
        inputs: Rows of text columns.
        longest: Longest sequence in sub-words.
        prefix: Text put before the first text of every row.
    """
    lists = [column for column in inputs.columns if column.tokens]
    first = lists[0] if lists else inputs.columns[0]
    others = [column for column in inputs.columns if column is not first]
    second = [
        " ".join(parts)
        for parts in zip(*([_text(v) for v in inputs.values[c.name]] for c in others), strict=True)
    ]
    if lists:
        words = [[str(word) for word in row or []] for row in inputs.values[first.name]]
        return _from_words(_Words(tokenizer, longest, prefix.split()), words, second)
    texts = [prefix + _text(value) for value in inputs.values[first.name]]
    return _from_texts(tokenizer, texts, second, longest)


def vocabulary(prepared: Sequence[Prepared]) -> list[int]:
    """The sub-word ids that occur in rows, ascending."""
    found: set[int] = set()
    for rows in prepared:
        for item in rows.items:
            found.update(*item.sequences)
    return sorted(found)


def _text(value: object) -> str:
    if isinstance(value, list):
        return " ".join(str(word) for word in value)
    return "" if value is None else str(value)


def _from_texts(tokenizer: Any, texts: list[str], second: list[str], longest: int) -> Prepared:
    if not texts:
        return Prepared([], np.zeros(0, dtype=np.int64))
    given = (texts, second) if second else (texts,)
    found = tokenizer(*given, truncation=True, max_length=longest, verbose=False)
    types = found.get("token_type_ids") if second else None
    items = [
        Tokenized([ids], [types[i]] if types is not None else None)
        for i, ids in enumerate(found["input_ids"])
    ]
    cut = [TRUNCATED if encoding.overflowing else 0 for encoding in found.encodings]
    return Prepared(items, _lengths(items), np.array(cut, dtype=np.uint8))


def _from_words(words: _Words, rows: list[list[str]], second: list[str]) -> Prepared:
    if not rows:
        return Prepared([], np.zeros(0, dtype=np.int64))
    pairs = [text.split() for text in second]
    found = words.encode(rows, pairs)
    items, marks = [], blank(len(rows))
    for i, row in enumerate(rows):
        pair = pairs[i] if pairs else []
        if len(found["input_ids"][i]) <= words.longest:
            items.append(words.single(found, i, len(row)))
        else:
            marks[i] = WINDOWED
            items.append(words.windows(row, pair, found.encodings[i]))
    return Prepared(items, _lengths(items), marks)


def _lengths(items: Sequence[Tokenized]) -> np.ndarray:
    return np.array([max(len(s) for s in item.sequences) for item in items], dtype=np.int64)


@dataclass(frozen=True)
class _Words:
    """How lists of words are tokenised."""

    tokenizer: Any
    longest: int
    prefix: list[str]

    def encode(self, rows: list[list[str]], pairs: list[list[str]], **options: Any) -> Any:
        first = [[*self.prefix, *row] for row in rows]
        given = (first, pairs) if pairs else (first,)
        return self.tokenizer(*given, is_split_into_words=True, verbose=False, **options)

    def single(self, found: Any, i: int, count: int, window: int = 0) -> Tokenized:
        """Row `i` of `found` as one sequence."""
        types = found.get("token_type_ids")
        paired = any(s == 1 for s in found.encodings[i].sequence_ids)
        places = np.zeros((count, 2), dtype=np.int64)  # a word without sub-words takes the first
        places[:, 0] = window
        for word, position in self.firsts(found.encodings[i]).items():
            if word < count:
                places[word, 1] = position
        kept = [types[i]] if paired and types is not None else None
        return Tokenized([found["input_ids"][i]], kept, places)

    def firsts(self, encoding: Any) -> dict[int, int]:
        """Position of the first sub-word of each word of the user."""
        firsts: dict[int, int] = {}
        for position, (word, part) in enumerate(
            zip(encoding.word_ids, encoding.sequence_ids, strict=True)
        ):
            if word is not None and part == 0 and word >= len(self.prefix):
                firsts.setdefault(word - len(self.prefix), position)
        return firsts

    def windows(self, row: list[str], pair: list[str], encoding: Any) -> Tokenized:
        """A long row as overlapping windows; a word is placed where it has most context."""
        pair = pair[: self.longest // 4]  # the pair is repeated in each window
        sizes = np.zeros(len(row), dtype=np.int64)
        for word, part in zip(encoding.word_ids, encoding.sequence_ids, strict=True):
            if word is not None and part == 0 and word >= len(self.prefix):
                sizes[word - len(self.prefix)] += 1
        room = self._room(pair)
        spans = _spans(np.minimum(sizes, room), room)
        sequences, types = [], []
        places = np.zeros((len(row), 2), dtype=np.int64)
        margin = np.full(len(row), -1, dtype=np.int64)
        for window, (start, stop) in enumerate(spans):
            found = self.encode(
                [row[start:stop]], [pair] if pair else [], truncation=True, max_length=self.longest
            )
            part = self.single(found, 0, stop - start, window)
            here = np.arange(stop - start)
            context = np.minimum(here, here[::-1])
            if start == 0:
                context = here[::-1]
            if stop == len(row):
                context = here if start else np.zeros_like(here)
            better = context > margin[start:stop]
            places[start:stop][better] = (part.places if part.places is not None else places)[
                better
            ]
            margin[start:stop] = np.maximum(margin[start:stop], context)
            sequences += part.sequences
            types += part.types or []
        return Tokenized(sequences, types or None, places)

    def _room(self, pair: list[str]) -> int:
        empty = self.encode([[]], [pair] if pair else [])
        return max(1, self.longest - len(empty["input_ids"][0]))


def _spans(sizes: np.ndarray, room: int) -> list[tuple[int, int]]:
    """Word ranges whose sizes sum to at most `room`, each overlapping the one before.

    >>> _spans(np.ones(10, dtype=np.int64), 4)
    [(0, 4), (3, 7), (6, 10)]
    """
    ends = np.cumsum(sizes)
    spans, start = [], 0
    while True:
        before = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + room, side="right")))
        spans.append((start, stop))
        if stop >= len(sizes):
            return spans
        start = max(start + 1, stop - int((stop - start) * OVERLAP))
