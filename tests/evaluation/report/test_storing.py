"""`report.json`: the same bytes for the same report, readable by others, refused when damaged."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polytask._errors import DataError, OutputError
from polytask.evaluation.report import (
    Candidate,
    Confusion,
    Control,
    Curve,
    Epoch,
    Estimate,
    Mistake,
    Report,
    TaskReport,
    Timing,
    read,
    write,
)
from polytask.evaluation.report.storing import _lay_out, from_json, to_json


def small(**more):
    task = TaskReport(
        "binary",
        "accuracy",
        value=1 / 3,
        control=Control("Probe()", 0.3),
        gain=Estimate(1 / 3 - 0.3, -0.1, 0.2),
        metrics={"mcc": None, "accuracy": 1 / 3},
        worst=(Mistake("<b>\u202e", "a", "b", 0.9),),
    )
    values = {"seed": 0, "budget_seconds": 60.0, "tasks": {"z": task, "a": TaskReport("x", "y")}}
    return Report(**(values | more))


def test_a_report_comes_back_as_it_was_written(tmp_path):
    report = from_json(to_json(small(curves=(Curve("c", (Epoch(1, {"z": 0.5}, {"z": 0.7}),)),))))
    write(report, tmp_path / "report.json")
    assert read(tmp_path / "report.json") == report
    assert read(tmp_path) == report  # a run folder does as well


def test_the_same_report_gives_the_same_bytes(tmp_path):
    first = small(versions={"torch": "2", "numpy": "1"}, settings={"b": "1", "a": "2"})
    second = small(versions={"numpy": "1", "torch": "2"}, settings={"a": "2", "b": "1"})
    write(first, tmp_path / "one.json")
    write(second, tmp_path / "two.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    assert (tmp_path / "one.json").read_bytes().endswith(b"}\n")


def test_nothing_but_timing_changes_with_the_clock():
    slow, fast = (json.loads(to_json(small(timing=Timing(total=t)))) for t in (9.0, 1.0))
    assert slow.pop("timing") != fast.pop("timing")
    assert slow == fast


def test_tasks_keep_their_order_and_format_stands_first():
    keys = json.loads(to_json(small()))
    assert list(keys)[:2] == ["format", "sentence"]
    assert list(keys["tasks"]) == ["z", "a"]
    assert list(keys["tasks"]["z"]["metrics"]) == ["accuracy", "mcc"]


def test_numbers_are_rounded_and_absent_is_null():
    report = small(
        candidates=(Candidate("c", ("z",), "Probe()", dev={"z": math.nan}),),
        budget_seconds=math.inf,
    )
    keys = json.loads(to_json(report))
    assert keys["candidates"][0]["dev"]["z"] is None
    assert keys["budget_seconds"] is None
    assert keys["tasks"]["z"]["value"] == 0.333333333333
    assert keys["tasks"]["z"]["gain"]["value"] == 0.0333333333333


def test_the_file_can_be_read_by_a_person():
    counts = tuple(tuple(range(60)) for _ in range(60))
    task = TaskReport("multiclass", "accuracy", confusion=Confusion(("a",), counts))
    lines = to_json(small(tasks={"a": task})).split("\n")
    assert len(lines) < 150
    assert '   "gain": null,' in lines
    assert json.loads("\n".join(lines))["tasks"]["a"]["confusion"]["counts"][3][5] == 5


@given(st.recursive(st.none() | st.text() | st.integers(), st.lists, max_leaves=20))
def test_the_layout_changes_no_value(value):
    shown = "".join(_lay_out({"a": value, "long": ["x" * 60] * 3, "deep": [[{}]]}, ""))
    assert json.loads(shown)["a"] == value


def test_numpy_numbers_are_numbers():
    task = TaskReport("binary", "accuracy", n_train=np.int64(5), value=np.float32(0.5), folds=1)
    keys = json.loads(to_json(small(tasks={"a": task})))["tasks"]["a"]
    assert (keys["n_train"], keys["value"]) == (5, 0.5)


def test_text_that_is_no_unicode_is_still_written(tmp_path):
    write(small(said=("lone \ud800 surrogate, nul \x00",)), tmp_path / "report.json")
    assert read(tmp_path).said == ("lone ? surrogate, nul \x00",)


def test_a_value_of_another_type_is_not_written_silently():
    with pytest.raises(TypeError, match=r"found 0\.5"):
        to_json(small(seed=0.5))


@given(st.floats(width=64), st.dictionaries(st.text(), st.floats(), max_size=3))
def test_writing_twice_changes_nothing(value, metrics):
    task = TaskReport("binary", "accuracy", value=value, metrics=metrics)
    once = to_json(small(tasks={"a": task}))
    assert to_json(from_json(once)) == once


def test_unknown_keys_of_later_versions_are_ignored():
    keys = json.loads(to_json(small()))
    keys["novelty"] = 1
    keys["tasks"]["z"]["novelty"] = {"deep": []}
    assert from_json(json.dumps(keys)) == from_json(to_json(small()))


def test_absent_keys_take_their_default():
    report = from_json('{"format": 1, "seed": 3, "budget_seconds": null, "tasks": {}}')
    assert report == Report(3, None, {})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, r"report.json has format 2, .* up to 1: pip install -U polytask"),
        ({"format": None}, "is no report of polytask"),
        ({"format": True}, "is no report of polytask"),
        ({"seed": "0"}, r"report.json.seed: expected int; found '0'"),
        ({"tasks": []}, r"report.json.tasks: expected dict; found \[\]"),
        ({"tasks": {"a": {"kind": "binary"}}}, r"tasks.a: the key 'metric' is missing"),
        ({"tasks": None}, r"report.json.tasks: a value is needed; found null"),
        ({"said": [1]}, r"report.json.said\[0\]: expected str; found 1"),
    ],
)
def test_damage_is_named_with_its_place(change, message):
    keys = json.loads(to_json(small())) | change
    with pytest.raises(DataError, match=message):
        from_json(json.dumps(keys))


def test_a_file_cut_short_is_refused(tmp_path):
    path = tmp_path / "report.json"
    path.write_text(to_json(small())[:100], encoding="utf-8")
    with pytest.raises(DataError, match=r"report.json is not whole JSON .* run again"):
        read(path)
    path.write_bytes(b"\xff\xfe{}")
    with pytest.raises(DataError, match="is not UTF-8"):
        read(path)


def test_json_that_nests_too_deep_is_refused():
    with pytest.raises(DataError, match="is not whole JSON"):
        from_json("[" * 200_000)


def test_a_missing_report_says_how_to_get_one(tmp_path):
    with pytest.raises(DataError, match=r"cannot be read: No such file .*polytask run"):
        read(tmp_path / "report.json")


def test_a_failed_write_leaves_the_old_report_and_no_rest(tmp_path, monkeypatch):
    path = tmp_path / "report.json"
    write(small(), path)
    before = path.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match=r"report.json cannot be written: No space .* Make room"):
        write(small(seed=1), path)
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["report.json"]


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        write(small(), tmp_path / "absent" / "report.json")
