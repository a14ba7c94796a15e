"""Sources: frames and files joined, rows with their places."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from polytask._errors import DataError
from polytask.tasks.loading_sources import found_sources, memory_sources, named_source


def test_rows_know_their_file_and_split(tmp_path):
    folder = tmp_path / "mood"
    folder.mkdir()
    pl.DataFrame({"t": ["a", "b"], "y": ["1", "2"]}).write_csv(folder / "train.csv")
    pl.DataFrame({"t": ["c"], "z": ["3"]}).write_csv(folder / "test.csv")
    (source,) = found_sources(folder, 0)
    assert source.name == "mood"
    places = {source.frame["t"][i]: (source.place(i), source.given[i]) for i in range(3)}
    assert places["a"] == ("mood/train.csv:2", "train")
    assert places["c"] == ("mood/test.csv:2", "test")
    assert {finding.code for finding in source.findings} == {"missing_column"}
    assert set(source.data) == {"train", "test"}
    assert source.root(0) == folder


def test_a_named_source_takes_the_split_that_is_said(tmp_path):
    pl.DataFrame({"t": ["a"]}).write_csv(tmp_path / "one.csv")
    pl.DataFrame({"t": ["b"]}).write_csv(tmp_path / "two.csv")
    data = {"train": [str(tmp_path / "one.csv")], "test": [str(tmp_path / "two.csv")]}
    source = named_source("x", data, 0)
    assert dict(zip(source.frame["t"], source.given, strict=True)) == {"a": "train", "b": "test"}


def test_frames_by_split_or_by_name():
    frame = pl.DataFrame({"t": ["a"]})
    (one,) = memory_sources({"train": frame, "validation": frame})
    assert one.given.tolist() == ["train", "dev"]
    assert [source.name for source in memory_sources({"x": frame, "y": frame})] == ["x", "y"]


def test_rows_as_dicts_of_many_types():
    rows = [
        {"a": 1, "b": ("x", "y"), "c": np.float64(0.5), "d": float("nan"), "e": "half \ud800"},
        {"a": "two", "b": ["z"], "c": 2, "d": 1.0},
    ]
    (source,) = memory_sources(rows)
    assert source.frame.to_dict(as_series=False) == {
        "a": ["1", "two"],
        "b": [["x", "y"], ["z"]],
        "c": [0.5, 2.0],
        "d": [None, 1.0],
        "e": ["half ?", None],
    }


def test_pandas_frames():
    frame = pd.DataFrame({"t": ["a", None], "n": [1.5, np.nan], "m": [1, "x"]})
    (source,) = memory_sources(frame)
    assert source.frame["t"].to_list() == ["a", None]
    assert source.frame["n"].to_list() == [1.5, None]
    assert source.frame["m"].to_list() == ["1", "x"]
    doubled = pd.DataFrame([["a", "b"]], columns=["t", "t"])
    with pytest.raises(DataError, match=r"two columns 't'; rename one"):
        memory_sources(doubled)


def test_refused():
    with pytest.raises(DataError, match=r"found NoneType"):
        memory_sources(None)
    with pytest.raises(DataError, match=r"there are no rows"):
        memory_sources(pl.DataFrame({"a": []}))
    with pytest.raises(DataError, match=r"Column 'a' mixes values of the types list, str"):
        memory_sources([{"a": "x"}, {"a": ["x"]}])
    mixed = {"train": pl.DataFrame({"y": [1]}), "test": pl.DataFrame({"y": [["a"]]})}
    with pytest.raises(DataError, match=r"train, test hold columns of one name"):
        memory_sources(mixed)
