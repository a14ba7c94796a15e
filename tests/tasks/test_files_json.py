from __future__ import annotations

import json

import polars as pl
import pytest

from polytask._errors import DataError
from polytask.tasks.files_json import looks_like_rows, read_json, read_jsonl
from polytask.tasks.files_raw import Limits


def write(folder, text, name="行 1.jsonl"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def rows_of(raw):
    return raw.frame.to_dict(as_series=False)


def test_types_are_kept(tmp_path):
    values = [
        {"text": "猫", "n": 1, "x": 0.5, "flag": True, "tokens": ["a", "b"], "ids": [1, 2]},
        {"text": "🙂", "n": None, "x": 2, "flag": False, "tokens": [], "ids": [3]},
    ]
    path = write(tmp_path, "\n".join(json.dumps(value) for value in values))
    raw = read_jsonl(path, Limits())
    assert dict(raw.frame.schema) == {
        "text": pl.String(),
        "n": pl.Int64(),
        "x": pl.Float64(),
        "flag": pl.Boolean(),
        "tokens": pl.List(pl.String),
        "ids": pl.List(pl.Int64),
    }
    assert raw.frame["text"].to_list() == ["猫", "🙂"]
    assert raw.frame["n"].to_list() == [1, None]
    assert raw.findings == []


def test_broken_lines_are_skipped_and_listed_by_line(tmp_path):
    text = '{"a": "x"}\n{"a": \n\n[1]\n{"a": "y"}\n{}\n{"a": "z"}\n{"a": "w"}\n'
    raw = read_jsonl(write(tmp_path, text), Limits())
    assert raw.frame["a"].to_list() == ["x", "y", "z", "w"]
    assert raw.rows.tolist() == [1, 5, 7, 8]
    assert raw.place(1).endswith("行 1.jsonl:5")
    (finding,) = raw.findings
    assert (finding.code, finding.count) == ("bad_row", 3)
    for line in (2, 4, 6):
        assert f"行 1.jsonl:{line} (not a JSON object)" in finding.message


def test_a_late_text_among_numbers_makes_the_column_text(tmp_path):
    text = "".join(f'{{"y": {n}}}\n' for n in range(20)) + '{"y": "n/a"}\n'
    raw = read_jsonl(write(tmp_path, text), Limits())
    assert raw.frame["y"].to_list() == [*map(str, range(20)), "n/a"]


def test_single_values_among_lists_become_empty_and_are_said(tmp_path):
    text = '{"t": ["a"]}\n{"t": ["b", 1]}\n{"t": "c"}\n{"t": null}\n'
    raw = read_jsonl(write(tmp_path, text), Limits())
    assert rows_of(raw) == {"t": [["a"], ["b", "1"], None, None]}
    (finding,) = raw.findings
    assert (finding.code, finding.where, finding.count) == ("mixed_types", "t", 1)


def test_objects_inside_rows_and_huge_numbers_become_text(tmp_path):
    text = '{"o": {"k": "é"}, "n": 1}\n{"o": null, "n": 12345678901234567890}\n'
    raw = read_jsonl(write(tmp_path, text), Limits())
    assert rows_of(raw) == {"o": ['{"k": "é"}', None], "n": ["1", "12345678901234567890"]}


def test_missing_keys_are_null_and_late_keys_are_columns(tmp_path):
    raw = read_jsonl(write(tmp_path, '{"a": 1}\n{"b": true}\n{"a": 2, "b": false}\n'), Limits())
    assert rows_of(raw) == {"a": [1, None, 2], "b": [None, True, False]}


def test_nan_and_infinity_are_numbers(tmp_path):
    raw = read_jsonl(write(tmp_path, '{"y": NaN}\n{"y": Infinity}\n{"y": 1}\n'), Limits())
    assert raw.frame["y"].is_finite().to_list() == [False, False, True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ('{"a": 1, "a": 2}\n', "行 1.jsonl:1 has the key 'a' twice"),
        ("nothing\nhere\n", "2 of 2 lines cannot be read"),
        ("[" * 100_000 + "\n", "1 of 1 lines cannot be read"),
    ],
)
def test_refusals_of_jsonl(tmp_path, text, message):
    with pytest.raises(DataError) as caught:
        read_jsonl(write(tmp_path, text), Limits())
    assert message in str(caught.value)


@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_is_read_however_it_is_laid_out(tmp_path, indent):
    values = [{"text": f"it's {n} 猫", "tags": ["a"] * n} for n in range(5)]
    path = write(tmp_path, json.dumps(values, indent=indent, ensure_ascii=False), "a.json")
    raw = read_json(path, Limits())
    assert raw.frame.to_dicts() == values
    assert raw.rows.tolist() == [1, 2, 3, 4, 5]


def test_an_array_longer_than_a_piece_is_read_to_its_end(tmp_path):
    values = [{"text": "x" * 1000, "n": n} for n in range(10_000)]
    raw = read_json(write(tmp_path, json.dumps(values), "a.json"), Limits())
    assert raw.frame["n"].to_list() == list(range(10_000))


def test_elements_that_are_no_objects_are_skipped(tmp_path):
    raw = read_json(write(tmp_path, '[{"a": 1}, 7, {"a": 2}]', "a.json"), Limits())
    assert raw.frame["a"].to_list() == [1, 2]
    assert raw.rows.tolist() == [1, 3]
    assert "a.json:2 " in raw.findings[0].message


def test_jsonl_named_json_is_read(tmp_path):
    path = write(tmp_path, '{"a": 1, "t": ["x"]}\n{"a": 2}\n', "a.json")
    assert read_json(path, Limits()).frame["a"].to_list() == [1, 2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"a": 1}, {"a":', "element 2 of the array is broken or the file is cut short"),
        ('[{"a": 1}, {a: 2}, {"a": 3}]', "element 2 of the array is broken"),
        ("[]", "no rows"),
        ('{"a": {"0": 1}, "b": {"0": 2}}', "orient='records'"),
        ('{"data": [{"a": 1}]}', "neither an array of objects nor one object a line"),
        ('{\n "a": 1\n}', "neither an array of objects nor one object a line"),
    ],
)
def test_refusals_of_json(tmp_path, text, message):
    with pytest.raises(DataError) as caught:
        read_json(write(tmp_path, text, "a.json"), Limits())
    assert "a.json" in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[{"a": 1}]', True),
        ("[\n{}]", True),
        ('{"a": 1}\n', True),
        ("[1, 2]", False),
        ("{\n", False),
    ],
)
def test_what_looks_like_rows(tmp_path, text, expected):
    assert looks_like_rows(write(tmp_path, text, "a.json")) is expected


def test_a_sample_keeps_lines_and_their_numbers(tmp_path):
    text = "".join(f'{{"n": {number}}}\n' for number in range(1, 1001))
    raw = read_jsonl(write(tmp_path, text), Limits(max_rows=100))
    assert 75 <= raw.frame.height <= 100
    assert raw.frame["n"].to_list() == raw.rows.tolist()
