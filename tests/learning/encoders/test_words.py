from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polytask.learning.encoders.marks import TRUNCATED, WINDOWED
from polytask.learning.encoders.tiny import tiny_text_encoder
from polytask.learning.encoders.words import _spans, tokenize
from polytask.tasks.task import Column, Inputs

TOKENIZER = tiny_text_encoder(["the cat sat", "playing"], max_length=16).tokenizer
WORDS = Column("words", tokens=True)


def of_words(*rows: list[str]) -> Inputs:
    return Inputs((WORDS,), {"words": list(rows)})


def test_places_are_the_first_sub_words() -> None:
    found = tokenize(TOKENIZER, of_words(["the", "tac", "cat"]), 16)
    pieces = TOKENIZER.convert_ids_to_tokens(found.items[0].sequences[0])
    assert pieces == ["[CLS]", "the", "t", "##a", "##c", "cat", "[SEP]"]
    assert found.items[0].places.tolist() == [[0, 1], [0, 2], [0, 5]]


@pytest.mark.parametrize("words", [["the", "", "cat"], ["\u200b", "the"], ["\x00", "😀", "שלום"]])
def test_strange_words_keep_their_places(words: list[str]) -> None:
    found = tokenize(TOKENIZER, of_words(words), 16)
    assert found.items[0].places.shape == (len(words), 2)


def test_long_lists_are_windowed_and_every_word_is_placed_on_its_own_sub_word() -> None:
    words = ["the", "cat", "sat"] * 20
    found = tokenize(TOKENIZER, of_words(words, ["cat"]), 16)
    assert found.marked.tolist() == [WINDOWED, 0]
    item = found.items[0]
    assert len(item.sequences) > 3
    assert max(len(sequence) for sequence in item.sequences) <= 16
    at = [item.sequences[window][position] for window, position in item.places]
    assert TOKENIZER.convert_ids_to_tokens(at) == words


def test_words_away_from_the_ends_have_context_on_both_sides() -> None:
    item = tokenize(TOKENIZER, of_words(["the", "cat", "sat"] * 20), 16).items[0]
    for window, position in item.places[2:-2]:
        assert 1 < position < len(item.sequences[window]) - 2


def test_a_word_longer_than_a_window_is_cut() -> None:
    found = tokenize(TOKENIZER, of_words(["tac" * 30, "cat"]), 16)
    assert max(len(sequence) for sequence in found.items[0].sequences) <= 16
    window, position = found.items[0].places[1]
    piece = found.items[0].sequences[window][position]
    assert TOKENIZER.convert_ids_to_tokens([piece]) == ["cat"]


def test_long_texts_are_cut_and_counted() -> None:
    texts = Inputs((Column("text"),), {"text": ["the cat " * 200, "the", "", None]})
    found = tokenize(TOKENIZER, texts, 16)
    assert found.marked.tolist() == [TRUNCATED, 0, 0, 0]
    assert found.lengths.tolist() == [16, 3, 2, 2]


def test_two_columns_are_a_pair() -> None:
    pair = Inputs((Column("a"), Column("b")), {"a": ["the cat"], "b": ["sat"]})
    item = tokenize(TOKENIZER, pair, 16).items[0]
    pieces = TOKENIZER.convert_ids_to_tokens(item.sequences[0])
    assert pieces == ["[CLS]", "the", "cat", "[SEP]", "sat", "[SEP]"]
    assert item.types == [[0, 0, 0, 0, 1, 1]]


@pytest.mark.parametrize("repeat", [1, 20])
def test_words_beside_a_text_keep_their_alignment(repeat: int) -> None:
    words = ["the", "cat"] * repeat
    both = Inputs((Column("b"), WORDS), {"b": ["sat sat"], "words": [words]})
    item = tokenize(TOKENIZER, both, 16).items[0]
    at = [item.sequences[window][position] for window, position in item.places]
    assert TOKENIZER.convert_ids_to_tokens(at) == words
    assert all(types[-2:] == [1, 1] for types in item.types)


def test_a_prefix_goes_before_texts_and_words_and_is_no_token_of_the_user() -> None:
    text = Inputs((Column("text"),), {"text": ["cat"]})
    first = tokenize(TOKENIZER, text, 16, "the ").items[0].sequences[0]
    item = tokenize(TOKENIZER, of_words(["cat"]), 16, "the ").items[0]
    assert TOKENIZER.convert_ids_to_tokens(first) == ["[CLS]", "the", "cat", "[SEP]"]
    assert item.sequences[0] == first
    assert item.places.tolist() == [[0, 2]]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=60), st.integers(9, 30))
def test_spans_cover_all_words_in_order_within_the_room(sizes: list[int], room: int) -> None:
    array = np.array(sizes)
    spans = _spans(array, room)
    assert spans[0][0] == 0
    assert spans[-1][1] == len(sizes)
    for (_, stop), (start, _) in pairwise(spans):
        assert start <= stop
    assert all(array[start:stop].sum() <= room for start, stop in spans)
