from __future__ import annotations

import io
import json
import sys
from types import SimpleNamespace

import polars as pl
import pytest

from polytask._errors import DataError, OutputError
from polytask.workflow.row_files import WRITTEN, check_out, read_standard_input, write_rows

FRAME = pl.DataFrame(
    {"id": [1, 2], "words": [["a", "最"], []], "image": [b"123", None], "sure": [True, None]}
)


def given(monkeypatch, text: str) -> None:
    lines = io.BytesIO(text.encode("utf-8"))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=lines))


@pytest.mark.parametrize("suffix", WRITTEN)
def test_rows_are_written_whole_in_every_format(tmp_path, suffix):
    out = tmp_path / f"rows{suffix}"
    write_rows(FRAME, out)
    if suffix == ".parquet":
        assert pl.read_parquet(out).equals(FRAME)
    elif suffix == ".jsonl":
        rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
        assert rows[0] == {"id": 1, "words": ["a", "最"], "image": "<3 bytes>", "sure": True}
    else:
        found = pl.read_csv(out, separator="\t" if suffix == ".tsv" else ",")
        assert found["words"].to_list() == ['["a", "最"]', "[]"]
        assert found["image"].to_list() == ["<3 bytes>", None]
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


def test_a_full_disk_leaves_nothing_half_written(tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    with pytest.raises(OutputError, match=r"No space left.*same command again"):
        write_rows(FRAME, tmp_path / "rows.parquet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("rows.xlsx", r"written as \.csv, \.tsv, \.jsonl, \.parquet; found '\.xlsx'"),
        ("here.csv", "exists and was not touched"),
        ("none/rows.csv", "there is no folder"),
    ],
)
def test_places_that_will_not_do_are_refused(tmp_path, name, message):
    (tmp_path / "here.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match=message):
        check_out(tmp_path / name)
    check_out(None)
    check_out(tmp_path / "new.csv")


def test_standard_input_keeps_line_numbers_and_types(monkeypatch):
    given(monkeypatch, '\ufeff{"text": "a", "n": 1}\n\n{"text": "b", "n": 2.5, "more": ["x"]}\n')
    raw, _ = read_standard_input()
    assert raw.frame.to_dicts() == [
        {"text": "a", "n": 1.0, "more": None},
        {"text": "b", "n": 2.5, "more": ["x"]},
    ]
    assert raw.place(1) == "standard input:3"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no rows"),
        ('{"a": 1}\n{"a": \n', "line 2: not JSON"),
        ("[1]\n", "line 1: no object with columns"),
    ],
    ids=["nothing", "broken", "a list"],
)
def test_what_is_no_row_is_refused_with_its_line(monkeypatch, text, message):
    given(monkeypatch, text)
    with pytest.raises(DataError, match=message):
        read_standard_input()
