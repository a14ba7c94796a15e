"""Tags: repaired, aligned, listed."""

import polars as pl
import pytest

from polytask.tasks.loading_tags import is_span, repair, tags


def place(row):
    return f"f.conll:{row + 1}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["B-x", "I-x", "O"], ["B-x", "I-x", "O"]),
        (["I-x", "I-x"], ["B-x", "I-x"]),
        (["B-x", "I-y"], ["B-x", "B-y"]),
        (["O", "I-x"], ["O", "B-x"]),
        (["B-x", "M-x", "E-x", "S-y", "O"], ["B-x", "I-x", "I-x", "B-y", "O"]),
        (["B-x", "L-x", "U-y"], ["B-x", "I-x", "B-y"]),
    ],
)
def test_repair_gives_valid_bio(before, after):
    assert repair(before) == after
    assert repair(after) == after


def test_plain_tags_are_no_spans():
    assert is_span([["B-x", "O"], None])
    assert not is_span([["NOUN", "X"]])
    assert not is_span([["O", "O"]])
    assert not is_span([["B-x", "NOUN"]])


def test_uneven_rows_are_skipped_and_listed():
    lists = pl.Series([["O", "I-x"], ["O"], None, ["O", "O"]])
    tokens = pl.Series([["a", "b"], ["a", "b"], ["a"], ["a", "b"]])
    values, findings = tags(lists, tokens, place, "ner")
    assert values == [["O", "B-x"], None, None, ["O", "O"]]
    uneven, repaired = findings
    assert (uneven.code, uneven.count, uneven.where) == ("uneven_tags", 1, "ner")
    assert "f.conll:2 (1 tags, 2 tokens)" in uneven.message
    assert (repaired.code, repaired.count) == ("repaired_tags", 1)
    assert "f.conll:1" in repaired.message
