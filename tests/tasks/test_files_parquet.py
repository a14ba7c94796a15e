from __future__ import annotations

import datetime
import gzip
import io
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from polytask._errors import DataError
from polytask.tasks.files_parquet import read_parquet
from polytask.tasks.files_raw import Limits


def write(folder, frame, name="表 1.parquet"):
    path = folder / name
    frame.write_parquet(path)
    return path


def test_types_are_kept(tmp_path):
    frame = pl.DataFrame(
        {
            "text": ["猫", None],
            "n": [1, 2],
            "x": [0.5, None],
            "tokens": [["a"], ["b", "c"]],
            "image": [b"\x89PNG", b""],
            "day": [datetime.date(2020, 1, 1), None],
        }
    )
    raw = read_parquet(write(tmp_path, frame), Limits())
    assert raw.frame.equals(frame)
    assert raw.frame.schema == frame.schema
    assert raw.rows.tolist() == [1, 2]
    assert raw.findings == []


def test_categories_decimals_and_records_become_plain(tmp_path):
    frame = pl.DataFrame(
        {
            "c": pl.Series(["a", "b"], dtype=pl.Categorical),
            "e": pl.Series(["x", "y"], dtype=pl.Enum(["x", "y"])),
            "d": [Decimal("1.5"), Decimal("2.5")],
            "s": [{"k": 1}, {"k": 2}],
            "image": [{"bytes": b"png", "path": "a.png"}, {"bytes": b"jpg", "path": None}],
        }
    )
    raw = read_parquet(write(tmp_path, frame), Limits())
    assert raw.frame.to_dict(as_series=False) == {
        "c": ["a", "b"],
        "e": ["x", "y"],
        "d": [1.5, 2.5],
        "s": ['{"k":1}', '{"k":2}'],
        "image": [b"png", b"jpg"],
    }


def test_gzipped_parquet_is_read(tmp_path):
    buffer = io.BytesIO()
    pl.DataFrame({"a": [1, 2]}).write_parquet(buffer)
    path = tmp_path / "a.parquet.gz"
    path.write_bytes(gzip.compress(buffer.getvalue()))
    raw = read_parquet(path, Limits())
    assert raw.frame["a"].to_list() == [1, 2]
    assert raw.source == str(path)


def test_a_large_file_is_sampled_by_rows_and_by_bytes(tmp_path):
    path = write(tmp_path, pl.DataFrame({"n": np.arange(1, 120_001), "t": ["x" * 50] * 120_000}))
    raw = read_parquet(path, Limits(max_rows=10_000))
    assert 7_500 <= raw.frame.height <= 10_000
    assert raw.frame["n"].to_list() == raw.rows.tolist()
    assert raw.frame.equals(read_parquet(path, Limits(max_rows=10_000)).frame)
    assert [f.code for f in raw.findings] == ["sampled"]
    assert "120,000 rows" in raw.findings[0].message
    assert 5_000 < read_parquet(path, Limits(max_bytes=2**20)).frame.height < 20_000


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no parquet file"),
        (b"a,b\n1,2\n", "no parquet file"),
        (b"PAR1 and no more", "damaged"),
    ],
)
def test_what_is_no_parquet_is_refused(tmp_path, data, message):
    path = tmp_path / "表 1.parquet"
    path.write_bytes(data)
    with pytest.raises(DataError) as caught:
        read_parquet(path, Limits())
    assert "表 1.parquet" in str(caught.value)
    assert message in str(caught.value)
    assert "write it again" in str(caught.value)


def test_a_file_cut_short_and_one_with_rotten_bytes_are_refused(tmp_path):
    path = write(tmp_path, pl.DataFrame({"a": [f"text {n}" for n in range(5000)]}))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="damaged or cut short"):
        read_parquet(path, Limits())
    path.write_bytes(whole[:100] + b"\0" * 400 + whole[500:])
    with pytest.raises(DataError, match="damaged or cut short"):
        read_parquet(path, Limits())


def test_columns_without_rows_are_refused(tmp_path):
    path = write(tmp_path, pl.DataFrame({"a": []}, schema={"a": pl.String}))
    with pytest.raises(DataError, match="has columns but no rows"):
        read_parquet(path, Limits())
