"""Figures of columns."""

import datetime

import polars as pl
import pytest

from polytask.tasks.detection_facts import aligned, facts, numbers, pieces

SHAPES = {
    "text": ["a b", "c d"],
    "number": ["1", "2.5", "", "N/A", "-3e2"],
    "list": [["a"], ["b", "c"], []],
    "image": [b"\x89PNG....", b"\xff\xd8\xff..."],
    "path": ["a/1.png", "b/2.JPG", None],
    "date": ["2024-01-31", "1.2.2023", "2024/01/31 10:00", None],
    "other": [b"RIFF....WAVE", b"fLaC"],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes(shape):
    assert facts(pl.Series("x", SHAPES[shape])).shape == shape


def test_more_shapes():
    assert facts(pl.Series([datetime.date(2024, 1, 1)])).shape == "date"
    assert facts(pl.Series([[0.5], [1.5]])).shape == "other"
    assert facts(pl.Series([{"a": 1}])).shape == "other"
    assert facts(pl.Series(["a", "b"], dtype=pl.Categorical)).shape == "text"
    assert facts(pl.Series(["10:30", "9:15:00"])).shape == "date"
    assert facts(pl.Series([b"RIFF\0\0\0\0WEBPVP8 "])).shape == "image"
    assert facts(pl.Series([True, False, None])).values == ("0.0", "1.0")


def test_empty_columns():
    assert facts(pl.Series([None, None])).filled == 0
    assert facts(pl.Series(["", "  "])).filled == 0
    assert facts(pl.Series([float("nan")])).filled == 0
    assert facts(pl.Series([None], dtype=pl.List(pl.String))).filled == 0


def test_mostly_words_are_no_numbers():
    assert facts(pl.Series(["1", "2", "red", "4"])).shape == "text"


def test_counts():
    found = facts(pl.Series(["1", "2", "2", "n/a"]))
    assert (found.rows, found.filled, found.unique, found.integer) == (4, 3, 2, True)
    assert (found.low, found.high) == (1.0, 2.0)
    assert facts(pl.Series([" a", "a", "b"])).unique == 2
    assert facts(pl.Series(["你好 吗"])).words == 3


def test_numbers_are_finite():
    assert numbers(pl.Series([" 1", "inf", "nan", "x", None])).to_list() == [
        1,
        None,
        None,
        None,
        None,
    ]


def test_aligned_lists():
    left = pl.Series([["a"], ["b", "c"], None])
    assert aligned(left, pl.Series([["O"], ["O"], ["O"]])) == 0.5
    assert aligned(left, pl.Series([None, None, None], dtype=pl.List(pl.String))) == 0.0


def test_pieces_of_a_text():
    text = pl.Series(["Oil falls as OPEC meets in Vienna", None])
    assert pieces(pl.Series([["OPEC", "Oil"], ["x"]]), text)
    assert not pieces(pl.Series([["gas"], ["x"]]), text)
    assert not pieces(
        pl.Series([["Oil", "falls", "as", "OPEC", "meets", "in", "Vienna"], ["x"]]), text
    )
    assert not pieces(pl.Series([[], []], dtype=pl.List(pl.String)), text)
