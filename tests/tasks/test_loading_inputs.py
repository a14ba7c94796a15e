"""Inputs read from cells: what is usable, and what is wrong with the rest."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl
import pytest

from polytask._errors import DataError
from polytask.tasks.loading_inputs import read_inputs, usable
from polytask.tasks.task import Column


def read(frame: pl.DataFrame, *columns: Column, root: Path = Path()):
    return read_inputs(frame, columns, lambda _: root, "rows")


def test_a_pair_may_lack_one_of_its_texts():
    frame = pl.DataFrame({"a": ["x", None, " "], "b": ["y", "z", None]})
    found, problems = read(frame, Column("a"), Column("b"))
    assert problems == [None, None, "'a' is empty"]
    assert found["a"].to_list() == ["x", "", " "]


def test_numbers_are_read_as_text():
    found, problems = read(pl.DataFrame({"a": [1, None]}), Column("a"))
    assert found["a"].to_list() == ["1", ""]
    assert problems == [None, "'a' is empty"]


def test_tokens_come_as_lists_as_written_lists_or_as_words():
    column = Column("t", tokens=True)
    typed, _ = read(pl.DataFrame({"t": [["a", "b"]]}), column)
    written, _ = read(pl.DataFrame({"t": ['["a", "b"]', "a b", ""]}), column)
    assert typed["t"].to_list() == [["a", "b"]]
    assert written["t"].to_list() == [["a", "b"], ["a", "b"], []]
    assert read(pl.DataFrame({"t": [["a"], []]}), column)[1] == [None, "'t' has no tokens"]


def test_an_image_is_named_by_its_path_where_it_is_unusable(tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    frame = pl.DataFrame({"i": ["a.png", "gone.png", None, ""]})
    found, problems = read(frame, Column("i", "image"), root=tmp_path)
    assert found["i"].to_list()[0] == str(tmp_path / "a.png")
    assert problems == [
        "'a.png' is empty (0 bytes)",
        "'gone.png' does not exist",
        "no image",
        "no image",
    ]


def test_new_rows_have_no_large_image_that_only_decoding_shows_to_be_broken(tmp_path):
    from PIL import Image

    stream = io.BytesIO()
    Image.new("L", (1200, 900)).save(stream, "BMP")  # above a megapixel
    (tmp_path / "whole.bmp").write_bytes(stream.getvalue())
    (tmp_path / "cut.bmp").write_bytes(stream.getvalue()[:-500_000])
    frame = pl.DataFrame({"i": ["whole.bmp", "cut.bmp"]})
    found = usable(frame, [Column("i", "image")], tmp_path)
    assert found.index == [0]
    assert "'cut.bmp' cannot be decoded" in found.problems[1]
    # tables to train on may hold many: there it is the encoder that finds it
    assert read(frame, Column("i", "image"), root=tmp_path)[1] == [None, None]


def test_encoded_images_are_checked_too():
    frame = pl.DataFrame({"i": [b"", b"x", None]})
    problems = read(frame, Column("i", "image"))[1]
    assert problems == ["is empty (0 bytes)", "is not an image that can be read", "no image"]


@pytest.mark.parametrize(
    ("frame", "column", "message"),
    [
        (pl.DataFrame({"a": [[1.5]]}), Column("a"), "'a' of rows is neither text nor image"),
        (pl.DataFrame({"a": [1.5]}), Column("a", "image"), "neither paths of images nor images"),
        (pl.DataFrame({"a": [1.5]}), Column("a", tokens=True), "neither lists nor text"),
    ],
)
def test_a_column_of_another_type_is_refused(frame, column, message):
    with pytest.raises(DataError, match=message):
        read(frame, column)


def test_rows_that_lack_one_of_several_inputs_are_known(tmp_path):
    columns = (Column("a"), Column("b", tokens=True))
    frame = pl.DataFrame({"a": ["x", "x", " ", ""], "b": [["y"], [], ["y"], []]})
    found = usable(frame, columns, tmp_path)
    assert (found.index, list(found.problems), found.halved) == ([0, 1, 2], [3], [1, 2])
    assert usable(frame, columns[:1], tmp_path).halved == []
