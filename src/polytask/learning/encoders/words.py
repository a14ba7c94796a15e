"""Texts and token lists to sub-word ids, with the place of every token of the user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from polytask.learning.encoders.encoder import Prepared
from polytask.learning.encoders.marks import TRUNCATED, WINDOWED, blank

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from polytask.tasks.task import Inputs

OVERLAP = 0.25
"""Share of a window that repeats the one before: context for the tokens at the seam."""


@dataclass(frozen=True)
class Tokenized:
    """A row as sub-word ids.

    Args:
        sequences: The ids of each window; one unless a token list was too long.
        types: Segment numbers of each window for pairs, or `None`.
        places: Window and position of the sub-word that stands for each token of the user,
            `(u, 2)`: its first, for causal models its last; `None` where there are no such tokens.
    """

    sequences: list[list[int]]
    types: list[list[int]] | None = None
    places: np.ndarray | None = None


def tokenize(
    tokenizer: Any, inputs: Inputs, longest: int, prefix: str = "", *, causal: bool = False
) -> Prepared:
    """Tokenise rows; the first column (or the first token list) first, the rest as its pair.

    Args:
        tokenizer: A fast tokenizer of transformers.
        inputs: Rows of text columns.
        longest: Longest sequence in sub-words.
        prefix: Text put before the first text of every row.
        causal: Whether the model sees nothing of what stands behind a sub-word.
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
        how = _Words(tokenizer, longest, prefix.split(), causal, causal and _spaced(tokenizer))
        return _from_words(how, words, second)
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


def _spaced(tokenizer: Any) -> bool:
    """Whether the words of a list need a space before them to be read as those of a text."""

    def tokens(*words: str) -> list[str]:
        found: list[str] = tokenizer(list(words), is_split_into_words=True).tokens()
        return found

    text: list[str] = tokenizer("a b").tokens()
    return tokens("a", "b") != text and tokens("a", " b") == text


@dataclass(frozen=True)
class _Words:
    """How lists of words are tokenised."""

    tokenizer: Any
    longest: int
    prefix: list[str]
    causal: bool = False
    spaced: bool = False

    def encode(self, rows: list[list[str]], pairs: list[list[str]], **options: Any) -> Any:
        first = [[*self.prefix, *row] for row in rows]
        if self.spaced:
            first, pairs = ([_with_spaces(row) for row in some] for some in (first, pairs))
        given = (first, pairs) if pairs else (first,)
        return self.tokenizer(*given, is_split_into_words=True, verbose=False, **options)

    def single(self, found: Any, i: int, count: int) -> Tokenized:
        """Row `i` of `found`, of `count` words, as one sequence."""
        places = self.places(found.encodings[i], count, 0)
        return Tokenized([found["input_ids"][i]], self.types(found, [i]), places)

    def windows(self, row: list[str], pair: list[str], encoding: Any) -> Tokenized:
        """A long row as overlapping windows; a word is placed where it has most context."""
        pair = pair[: self.longest // 4]  # the pair is repeated in each window
        room = self._room(pair)
        sizes = np.bincount([word for _, word in self.own(encoding)], minlength=len(row))
        spans = _spans(np.minimum(sizes, room), room)
        parts = [row[start:stop] for start, stop in spans]
        pairs = [pair] * len(spans) if pair else []
        found = self.encode(parts, pairs, truncation=True, max_length=self.longest)
        places = np.zeros((len(row), 2), dtype=np.int64)
        most = np.full(len(row), -1, dtype=np.int64)
        for window, (start, stop) in enumerate(spans):
            context = _context(start, stop, len(row), causal=self.causal)
            here = self.places(found.encodings[window], stop - start, window)
            better = context > most[start:stop]
            places[start:stop][better] = here[better]
            most[start:stop][better] = context[better]
        return Tokenized(found["input_ids"], self.types(found, range(len(spans))), places)

    def types(self, found: Any, rows: Sequence[int]) -> list[list[int]] | None:
        """The segment numbers of `rows` of `found` where they have a pair."""
        given = found.get("token_type_ids")
        paired = any(1 in found.encodings[i].sequence_ids for i in rows)
        return [given[i] for i in rows] if paired and given is not None else None

    def places(self, encoding: Any, count: int, window: int) -> np.ndarray:
        """Window and position of the sub-word that stands for each of `count` words, `(count, 2)`.

        That is the first; for a causal model, which has read a word at its end alone, the last.
        """
        places = np.zeros((count, 2), dtype=np.int64)  # a word without sub-words takes the first
        places[:, 0] = window
        own = [*self.own(encoding)]
        for position, word in own if self.causal else reversed(own):
            places[word, 1] = position
        return places

    def own(self, encoding: Any) -> Iterator[tuple[int, int]]:
        """Position and word of every sub-word that stands for a word of the user."""
        for position, (word, part) in enumerate(
            zip(encoding.word_ids, encoding.sequence_ids, strict=True)
        ):
            if word is not None and part == 0 and word >= len(self.prefix):
                yield position, word - len(self.prefix)

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


def _with_spaces(words: Sequence[str]) -> list[str]:
    return [f" {word}" if i else word for i, word in enumerate(words)]


def _context(start: int, stop: int, count: int, *, causal: bool = False) -> np.ndarray:
    """How many words of a window lie between each of its words and the nearest seam.

    The ends of the row, of `count` words, are no seams; what a causal model does not see, neither.

    >>> _context(0, 4, 10).tolist(), _context(3, 7, 10).tolist()
    ([3, 2, 1, 0], [0, 1, 1, 0])
    """
    words = np.arange(start, stop)
    before = words - start if start > 0 else np.full_like(words, count)
    behind = stop < count and not causal
    after = stop - 1 - words if behind else np.full_like(words, count)
    return np.minimum(before, after)
