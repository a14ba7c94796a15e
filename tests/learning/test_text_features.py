from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polytask.learning.text_features import TextFeatures, Tfidf, overlap, text_columns
from polytask.tasks.task import Column, Inputs

TEXTS = ["the red car", "a blue car", "红色的汽车很快", "emoji 🚗🚗", ""]


def rows(*columns: list[str]) -> Inputs:
    names = "abc"[: len(columns)]
    values = dict(zip(names, columns, strict=True))
    return Inputs(tuple(Column(name) for name in names), values)


def test_weights_follow_the_formula() -> None:
    found = Tfidf.learn(["b b b c", "c"], "word")
    assert found.vocabulary == ("b", "b b", "b c", "c")
    raw = np.array([1 + np.log(3), 1 + np.log(2), 1, 1]) * (np.log(3 / np.array([2, 2, 2, 3])) + 1)
    assert np.allclose(found(["b b b c"]).toarray()[0], raw / np.linalg.norm(raw), atol=1e-6)


def test_chinese_has_features_without_spaces() -> None:
    found = TextFeatures.learn(["红色的汽车很快", "蓝色的汽车很慢"])
    assert "汽车" in found.characters.vocabulary
    shared = found(rows(["汽车"]))
    assert shared.nnz > 0


def test_nothing_to_learn_from_gives_no_features() -> None:
    found = TextFeatures.learn(["", "  "])
    assert found(rows(["a", "b"])).shape == (2, 0)
    assert TextFeatures.learn(TEXTS)(rows([])).shape[0] == 0


def test_a_pair_is_compared() -> None:
    found = TextFeatures.learn(TEXTS)
    matrix = found(rows(["the red car", "the red car"], ["the red car", "a blue car"])).toarray()
    terms = len(found.words.vocabulary) + len(found.characters.vocabulary)
    assert not matrix[0, : 2 * terms].any()  # nothing that only one of equal texts has
    assert matrix[1, : 2 * terms].any()
    assert (matrix >= -1).all()
    assert (matrix <= 1.0001).all()
    assert found(rows(["x"], ["y"], ["z"])).shape == (1, 3 * terms)


def test_overlap_counts_words() -> None:
    figures = overlap(["A man is eating", ""], ["a man sleeps", ""]).toarray()
    assert figures[0, :7] == pytest.approx([2 / 5, 2 / 4, 2 / 3, 2 / 5, 1 / 5, 1 / 20, 1 / 20])
    assert not figures[1].any()


def test_tokens_are_read_as_a_text() -> None:
    inputs = Inputs(
        (Column("t", tokens=True), Column("i", "image")), {"t": [["a", "b"]], "i": [b""]}
    )
    assert text_columns(inputs) == [["a b"]]


def test_the_rebuilt_features_are_the_same_to_the_last_bit() -> None:
    found = TextFeatures.learn(TEXTS)
    again = TextFeatures.rebuild(found.to_json(), found.tensors())
    inputs = rows([*TEXTS, "unseen words and 汽车"])
    assert (found(inputs) != again(inputs)).nnz == 0
    with pytest.raises(ValueError, match="differ in number"):
        TextFeatures.rebuild({**found.to_json(), "words": ["a"]}, found.tensors())


@pytest.mark.slow
@given(st.lists(st.text(max_size=30), min_size=1, max_size=5))
def test_any_text_has_a_row_of_finite_numbers(texts: list[str]) -> None:
    found = TextFeatures.learn(TEXTS)(rows(texts, texts[::-1]))
    assert found.shape[0] == len(texts)
    assert np.isfinite(found.data).all()
