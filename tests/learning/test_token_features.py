from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from polytask.learning.token_features import TokenFeatures, describe, shape

SENTENCES = [["play", "Ada", "Lovelace", "now"], ["play", "Ada", "now"], [], ["now"]]


def test_a_word_is_described_by_affixes_and_shape() -> None:
    assert describe("Ada")[:2] == ["w=Ada", "l=ada"]
    assert "p2=ad" in describe("Ada")
    assert "s2=da" in describe("Ada")
    assert describe("1999")[1] == "l=0000"
    assert shape("iPhone-15") == "xXx-d"


def test_a_row_a_token_and_the_window_is_seen() -> None:
    found = TokenFeatures.learn(SENTENCES)
    matrix = found(SENTENCES)
    assert matrix.shape[0] == 8
    twice = found([["Ada", "now"], ["play", "Ada", "now"]])
    alone, after = twice[0].toarray()[0], twice[3].toarray()[0]
    assert not np.array_equal(alone, after)  # the same word with another word before it
    width = len(found.terms)
    assert np.array_equal(alone[:width], after[:width])


def test_the_window_stands_where_it_should() -> None:
    found = TokenFeatures.learn(SENTENCES)
    row = found([["play", "Ada", "now"]])[1].toarray()[0]
    start = 0
    said = {}
    for offset in (0, -1, 1, -2, 2):
        columns = found._said[abs(offset)]
        terms = [found.terms[i] for i in columns]
        here = row[start : start + len(columns)]
        said[offset] = {
            t for t, is_said in zip(terms, here, strict=True) if is_said and t[0] == "l"
        }
        start += len(columns)
    assert said == {0: {"l=ada"}, -1: {"l=play"}, 1: {"l=now"}, -2: {"l=\x00"}, 2: {"l=\x00"}}


def test_pairs_describe_both_of_their_words() -> None:
    found = TokenFeatures.learn(SENTENCES)
    assert found.pairs == ("play ada",)
    matrix = found([["play", "Ada", "now"]]).toarray()[:, -2:]
    assert matrix.tolist() == [[0, 1], [1, 0], [0, 0]]


def test_what_describes_one_token_is_left_out() -> None:
    assert "w=Lovelace" not in TokenFeatures.learn(SENTENCES).terms


def test_the_rebuilt_features_are_the_same() -> None:
    found = TokenFeatures.learn(SENTENCES)
    again = TokenFeatures.rebuild(found.to_json())
    assert (found(SENTENCES) != again(SENTENCES)).nnz == 0


def test_no_sentence_gives_no_row() -> None:
    assert TokenFeatures.learn(SENTENCES)([]).shape[0] == 0
    assert TokenFeatures.learn(SENTENCES)([[], []]).shape[0] == 0


@given(st.lists(st.lists(st.text(max_size=8), max_size=6), max_size=5))
def test_any_tokens_have_a_row_each(sentences: list[list[str]]) -> None:
    found = TokenFeatures.learn(SENTENCES)(sentences)
    assert found.shape[0] == sum(len(sentence) for sentence in sentences)
