"""Features of texts without a neural network: TF-IDF of words and characters, alone or compared.

What is learned from the training texts is a vocabulary (a list of strings) and one weight a term,
so it is saved as JSON and an array and rebuilt exactly.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.tasks.task import Inputs

Sparse = Any
"""A scipy CSR matrix; scipy has no types that mypy can read here."""

Analyser = Literal["word", "char_wb"]
_RANGES: dict[str, tuple[int, int]] = {"word": (1, 2), "char_wb": (2, 5)}
_LIMITS = {"word": 60_000, "char_wb": 120_000}
_LONGEST = 4_000  # characters read of a text; more cost time and brought no accuracy
_PRUNE_FROM = 1_000  # texts from which a term must occur twice to count
_RAW = 0.3  # weight of a pair's texts beside their comparison; 1.0 lost 4 points on sick
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True)
class Tfidf:
    """TF-IDF of word or character n-grams: `(1 + log tf) · idf`, rows of length 1.

    Words are taken one and two at a time, characters two to five within a word's borders (a text
    without spaces, as in Chinese, is one long word). Source: Salton & Buckley, "Term-weighting
    approaches in automatic text retrieval", 1988.

    Args:
        analyser: "word" or "char_wb", as in scikit-learn.
        vocabulary: The terms, in column order.
        idf: `(terms,)` inverse document frequencies.
    """

    analyser: Analyser
    vocabulary: tuple[str, ...]
    idf: np.ndarray

    @staticmethod
    def learn(texts: Sequence[str], analyser: Analyser) -> Tfidf:
        """Learn terms and weights from training texts; the most frequent terms are kept."""
        least = 2 if len(texts) >= _PRUNE_FROM else 1
        vectoriser = _vectoriser(analyser, min_df=least, max_features=_LIMITS[analyser])
        try:
            vectoriser.fit([text[:_LONGEST] for text in texts])
        except ValueError:  # no term at all: only empty texts or punctuation
            return Tfidf(analyser, (), np.zeros(0))
        terms = vectoriser.get_feature_names_out()
        return Tfidf(analyser, tuple(str(term) for term in terms), np.asarray(vectoriser.idf_))

    def __call__(self, texts: Sequence[str]) -> Sparse:
        """The features of texts, CSR `(n, terms)` float32."""
        from scipy.sparse import csr_matrix

        if not self.vocabulary or not texts:
            return csr_matrix((len(texts), len(self.vocabulary)), dtype=np.float32)
        return self._built.transform([text[:_LONGEST] for text in texts])

    @functools.cached_property
    def _built(self) -> Any:
        index = {term: i for i, term in enumerate(self.vocabulary)}
        vectoriser = _vectoriser(self.analyser, vocabulary=index)
        vectoriser.idf_ = self.idf
        return vectoriser


def _vectoriser(analyser: Analyser, **options: Any) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    if analyser == "word":
        options["token_pattern"] = r"(?u)\b\w+\b"
    return TfidfVectorizer(
        analyzer=analyser,
        ngram_range=_RANGES[analyser],
        sublinear_tf=True,
        dtype=np.float32,
        **options,
    )


@dataclass(frozen=True)
class TextFeatures:
    """Features of the text columns of inputs.

    One column: its words and characters. Two: what each has that the other lacks, how much they
    share, and, weighing less, the texts themselves. More: each column beside the other.

    Args:
        words: TF-IDF of words.
        characters: TF-IDF of characters.
    """

    words: Tfidf
    characters: Tfidf

    @staticmethod
    def learn(texts: Sequence[str]) -> TextFeatures:
        """Learn from the training texts, all columns together."""
        return TextFeatures(Tfidf.learn(texts, "word"), Tfidf.learn(texts, "char_wb"))

    def __call__(self, inputs: Inputs) -> Sparse:
        """The features of inputs, CSR `(n, features)` float32."""
        from scipy.sparse import hstack

        columns = text_columns(inputs)
        blocks = [(self.words(texts), self.characters(texts)) for texts in columns]
        if len(columns) == 2:
            parts = [*_compare(blocks[0], blocks[1]), overlap(columns[0], columns[1])]
        else:
            parts = [block for pair in blocks for block in pair]
        return hstack(parts, format="csr", dtype=np.float32)

    def to_json(self) -> dict[str, Any]:
        """The vocabularies as plain values; the weights are in `tensors`."""
        return {"words": self.words.vocabulary, "characters": self.characters.vocabulary}

    def tensors(self) -> dict[str, np.ndarray]:
        """The weights by name."""
        return {"words.idf": self.words.idf, "characters.idf": self.characters.idf}

    @staticmethod
    def rebuild(content: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> TextFeatures:
        """The features that `to_json` and `tensors` describe.

        Raises:
            KeyError: Something is missing.
            ValueError: Terms and weights differ in number.
        """
        words, characters = tuple(content["words"]), tuple(content["characters"])
        idf = tensors["words.idf"], tensors["characters.idf"]
        if (len(words), len(characters)) != (len(idf[0]), len(idf[1])):
            raise ValueError("terms and weights differ in number")
        return TextFeatures(Tfidf("word", words, idf[0]), Tfidf("char_wb", characters, idf[1]))


def text_columns(inputs: Inputs) -> list[list[str]]:
    """The texts of each text column; tokens are joined by blanks.

    >>> from polytask.tasks.task import Column, Inputs
    >>> text_columns(Inputs((Column("t", tokens=True),), {"t": [["so", "it", "is"]]}))
    [['so it is']]
    """
    return [
        [" ".join(value) if column.tokens else str(value) for value in inputs.values[column.name]]
        for column in inputs.columns
        if column.modality == "text"
    ]


def _compare(first: tuple[Sparse, Sparse], second: tuple[Sparse, Sparse]) -> list[Sparse]:
    from scipy.sparse import csr_matrix

    words, characters = first[0] - second[0], first[1] - second[1]
    apart = [words.maximum(0), (-words).maximum(0), characters.maximum(0), (-characters).maximum(0)]
    cosines = [np.asarray(a.multiply(b).sum(axis=1)) for a, b in zip(first, second, strict=True)]
    figures = csr_matrix(np.hstack([*cosines, *(cosine**2 for cosine in cosines)]))
    return [*apart, first[0] * _RAW, second[0] * _RAW, figures]


def overlap(first: Sequence[str], second: Sequence[str]) -> Sparse:
    """How much two texts share: seven figures and their squares, CSR `(n, 14)` float32.

    Shared words as a fraction of all, of the first's and of the second's; words that only one has
    (in fives); the difference in length with and without its sign (in twenties of words).

    >>> overlap(["a red car"], ["a car"]).toarray()[0, :3].astype(float).round(2).tolist()
    [0.67, 0.67, 1.0]
    """
    from scipy.sparse import csr_matrix

    rows = [_overlap(a, b) for a, b in zip(first, second, strict=True)]
    figures = np.array(rows, dtype=np.float32).reshape(len(rows), 7)
    return csr_matrix(np.hstack([figures, figures**2]))


def _overlap(first: str, second: str) -> list[float]:
    left, right = _WORDS.findall(first.lower()), _WORDS.findall(second.lower())
    one, two = set(left), set(right)
    both, longer = len(one & two), (len(left) - len(right)) / 20
    return [
        both / max(1, len(one | two)),
        both / max(1, len(one)),
        both / max(1, len(two)),
        min(1.0, len(one - two) / 5),
        min(1.0, len(two - one) / 5),
        min(1.0, abs(longer)),
        max(-1.0, min(1.0, longer)),
    ]
