"""Features of tokens in their sentence without a neural network: words, affixes, shapes, window.

Each different word is described once; the features of a token are the descriptions of the words
around it, so a corpus costs a few sparse row look-ups instead of strings a token.
Source of the feature set: Ratnaparkhi, "A maximum entropy model for part-of-speech tagging", 1996.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Sparse = Any
"""A scipy CSR matrix; scipy has no types that mypy can read here."""

_OFFSETS = (0, -1, 1, -2, 2)
_NEIGHBOUR = ("l=", "s2=", "s3=", "p3=", "h=")  # what is said of a word one place away
_FAR = ("l=", "h=")  # and of a word two places away
_LEAST = 2  # a feature must describe so many training tokens
_BORDER = "\x00"  # stands before the first and after the last token
_LONGEST = 40  # characters of a token that are looked at
_DIGITS = re.compile(r"\d")
_RUNS = re.compile(r"(.)\1+")


def describe(word: str) -> list[str]:
    """What is said of a word: itself, in lower case, affixes of 1–4 characters, its shape.

    >>> describe("Ada7")
    ['w=Ada7', 'l=ada0', 'p1=a', 's1=0', 'p2=ad', 's2=a0', 'p3=ada', 's3=da0', 'h=Xxd']
    """
    word = word[:_LONGEST]
    if word == _BORDER:
        return ["l=" + _BORDER, "h=" + _BORDER]
    low = _DIGITS.sub("0", word.lower())
    found = ["w=" + word, "l=" + low]
    for n in range(1, min(4, len(low) - 1) + 1):
        found += [f"p{n}={low[:n]}", f"s{n}={low[-n:]}"]
    return [*found, "h=" + shape(word)]


def shape(word: str) -> str:
    """Upper case as X, lower as x, digits as d, others as they are; runs count once.

    >>> shape("McDonald's-2024"), shape("北京")
    ("XxXx'x-d", 'c')
    """
    return _RUNS.sub(r"\1", "".join(_class(character) for character in word))


def _class(character: str) -> str:
    if character.isdigit():
        return "d"
    if character.isalpha():
        return "X" if character.isupper() else "x" if character.islower() else "c"
    return character


@dataclass(frozen=True)
class TokenFeatures:
    """Features of each token: its word, the words one and two places away, and word pairs.

    Args:
        terms: What may be said of a word, in column order.
        pairs: Known pairs of neighbouring words (lower case), in column order.
    """

    terms: tuple[str, ...]
    pairs: tuple[str, ...]

    @staticmethod
    def learn(sentences: Sequence[Sequence[str]]) -> TokenFeatures:
        """Learn from training sentences; what describes a single token alone is left out."""
        words = Counter(word for sentence in sentences for word in sentence)
        terms: Counter[str] = Counter()
        for word, count in words.items():
            for term in describe(word):
                terms[term] += count
        terms.update({"l=" + _BORDER: _LEAST, "h=" + _BORDER: _LEAST})
        pairs = Counter(pair for sentence in sentences for pair in _pairs(sentence))
        return TokenFeatures(_frequent(terms), _frequent(pairs))

    def __call__(self, sentences: Sequence[Sequence[str]]) -> Sparse:
        """The features of all tokens, one after the other, CSR `(tokens, features)` float32."""
        from scipy.sparse import hstack

        number: dict[str, int] = {_BORDER: 0}
        padded = [
            [_BORDER, _BORDER, *sentence, _BORDER, _BORDER] for sentence in sentences if sentence
        ]
        ids = np.array(
            [number.setdefault(word, len(number)) for sentence in padded for word in sentence],
            dtype=np.int64,
        )
        places = _places([len(sentence) for sentence in padded])
        table = self._table(list(number))
        blocks = [table[:, self._said[abs(offset)]][ids[places + offset]] for offset in _OFFSETS]
        before = self._pair_rows(sentences)
        return hstack([*blocks, before], format="csr", dtype=np.float32)

    def _table(self, words: Sequence[str]) -> Sparse:
        index = self._terms
        return _rows(
            ([index[term] for term in describe(word) if term in index] for word in words),
            len(index),
        )

    @functools.cached_property
    def _terms(self) -> dict[str, int]:
        return {term: i for i, term in enumerate(self.terms)}

    @functools.cached_property
    def _pairs(self) -> dict[str, int]:
        return {pair: i for i, pair in enumerate(self.pairs)}

    @functools.cached_property
    def _said(self) -> dict[int, np.ndarray]:
        """By distance the columns of `_table` that a word so far away contributes."""
        kept = {0: ("",), 1: _NEIGHBOUR, 2: _FAR}
        return {
            distance: np.array([i for i, t in enumerate(self.terms) if t.startswith(starts)], int)
            for distance, starts in kept.items()
        }

    def _pair_rows(self, sentences: Sequence[Sequence[str]]) -> Sparse:
        # A pair describes both of its words: as "my end" for the second, "my start" for the first.
        index = self._pairs
        width = len(index)
        rows: list[list[int]] = []
        for sentence in sentences:
            found = [index.get(pair, -1) for pair in _pairs(sentence)]
            for i in range(len(sentence)):
                ends = found[i - 1] if i else -1
                starts = found[i] if i < len(found) else -1
                rows.append(
                    ([ends] if ends >= 0 else []) + ([width + starts] if starts >= 0 else [])
                )
        return _rows(rows, 2 * width)

    def to_json(self) -> dict[str, Any]:
        """The vocabularies as plain values."""
        return {"terms": self.terms, "pairs": self.pairs}

    @staticmethod
    def rebuild(content: Mapping[str, Any]) -> TokenFeatures:
        """The features that `to_json` describes.

        Raises:
            KeyError: Something is missing.
        """
        return TokenFeatures(tuple(content["terms"]), tuple(content["pairs"]))


def _pairs(sentence: Sequence[str]) -> list[str]:
    low = [_DIGITS.sub("0", word[:_LONGEST].lower()) for word in sentence]
    return [f"{a} {b}" for a, b in itertools.pairwise(low)]


def _frequent(counts: Counter[str]) -> tuple[str, ...]:
    return tuple(sorted(term for term, count in counts.items() if count >= _LEAST))


def _places(lengths: Sequence[int]) -> np.ndarray:
    """Where the real tokens stand among padded sentences laid end to end."""
    starts = np.cumsum([0, *lengths])[:-1]
    pieces = [
        np.arange(start + 2, start + length - 2)
        for start, length in zip(starts, lengths, strict=True)
    ]
    return np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int64)


def _rows(columns: Iterable[Sequence[int]], width: int) -> Sparse:
    from scipy.sparse import csr_matrix

    indices: list[int] = []
    ends = [0]
    for row in columns:
        indices.extend(row)
        ends.append(len(indices))
    data = np.ones(len(indices), dtype=np.float32)
    arrays = (data, np.array(indices, dtype=np.int32), np.array(ends, dtype=np.int32))
    return csr_matrix(arrays, shape=(len(ends) - 1, width))
