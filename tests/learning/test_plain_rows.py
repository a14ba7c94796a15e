"""Rows as a caller has them at hand."""

import polars as pl
import pytest

from polytask._errors import ConfigError
from polytask.learning.plain_rows import records, usable_cells
from polytask.tasks.task import Column


def test_dicts_one_dict_and_frames_are_rows():
    rows = [{"text": "a"}, {"text": "b"}]
    assert records(rows) == records(tuple(rows)) == records(pl.DataFrame(rows)) == rows
    assert records(rows[0]) == rows[:1]
    assert records([]) == []


@pytest.mark.parametrize("rows", ["rows.csv", 5, None, ["hi"], [None], [{"text": "a"}, "b"]])
def test_what_is_no_row_is_refused_with_a_row_to_copy(rows):
    with pytest.raises(ConfigError, match=r'like \{"text": "…"\}.*; found'):
        records(rows)


def test_cells_are_read_as_in_files(tmp_path, monkeypatch):
    found = usable_cells([{"a": 5}, {"a": 2.5}], [Column("a")])
    assert found.inputs.values["a"] == ["5.0", "2.5"]
    pair = usable_cells([{"a": "x", "b": None}, {"a": "", "b": None}], [Column("a"), Column("b")])
    assert pair.index == [0]
    assert pair.inputs.values == {"a": ["x"], "b": [""]}
    monkeypatch.chdir(tmp_path)
    images = usable_cells([{"i": "none.png"}, {"i": None}], [Column("i", "image")])
    assert (images.index, images.problems[0]) == ([], f"'{tmp_path}/none.png' does not exist")
