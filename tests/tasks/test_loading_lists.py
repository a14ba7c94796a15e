"""Lists in cells."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polytask._errors import DataError
from polytask.tasks.loading_lists import as_lists, list_series, written_lists


def test_lists_written_as_json_python_or_words():
    cells = pl.Series(['["a b", "c"]', "['d', 'e']", "f g", "[broken", None])
    assert as_lists(cells, "It", split=True).to_list() == [
        ["a b", "c"], ["d", "e"], ["f", "g"], ["[broken"], None
    ]  # fmt: skip
    assert as_lists(pl.Series(["f g", " "]), "It").to_list() == [["f g"], []]


def test_typed_lists_lose_their_gaps():
    assert as_lists(pl.Series([["a", None], None]), "It").to_list() == [["a", ""], None]


def test_numbers_are_refused():
    with pytest.raises(DataError, match=r"The target 'y' holds neither lists nor text"):
        as_lists(pl.Series([1, 2]), "The target 'y'")


def test_written_lists_are_seen():
    assert written_lists(pl.Series(['["a"]', "[]", None]))
    assert not written_lists(pl.Series(['["a"]', "a"]))
    assert not written_lists(pl.Series([None, None], dtype=pl.String))
    assert not written_lists(pl.Series([1]))


@pytest.mark.slow
@given(st.lists(st.none() | st.lists(st.text(max_size=4), max_size=4), max_size=8))
def test_list_series_holds_what_it_is_given(values):
    clean = [
        None if row is None else [item.encode("utf-8", "ignore").decode() for item in row]
        for row in values
    ]
    assert list_series("x", clean).to_list() == clean
