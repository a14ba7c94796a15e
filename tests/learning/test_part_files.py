from __future__ import annotations

import json

import numpy as np
import pytest

from polytask._errors import ModelError
from polytask.learning.part_files import (
    load_part,
    read_json,
    read_part_json,
    read_tensors,
    tasks_from_json,
    tasks_to_json,
    write_json,
    write_tensors,
)


def test_json_comes_back_with_its_format(tmp_path) -> None:
    write_json(tmp_path / "a.json", {"text": "\ud800 é \x00"})
    assert read_json(tmp_path / "a.json") == {"format": 1, "text": "\ud800 é \x00"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"format": 1, "par', "not readable as JSON"),
        ("[" * 100_000, "not readable as JSON"),
        ("[1]", "no format number"),
        ('{"format": 2}', "format 2 is newer than 1"),
    ],
)
def test_bad_json_is_refused_by_name(tmp_path, text, said) -> None:
    path = tmp_path / "part.json"
    path.write_text(text)
    with pytest.raises(ModelError, match=said) as error:
        read_json(path)
    assert str(path) in str(error.value)


def test_missing_files_are_named(tmp_path) -> None:
    with pytest.raises(ModelError, match=r"part\.json: not found"):
        load_part(tmp_path)
    with pytest.raises(ModelError, match=r"w\.safetensors: not found"):
        read_tensors(tmp_path / "w.safetensors")


def test_tensors_come_back_and_a_cut_is_noticed(tmp_path) -> None:
    path = tmp_path / "w.safetensors"
    array = np.arange(600, dtype=np.float32).reshape(20, 30).T
    write_tensors(path, {"a": array, "none": np.zeros((0, 3))})
    found = read_tensors(path)
    assert np.array_equal(found["a"], array)
    assert found["none"].shape == (0, 3)
    for length in (0, 5, 60, path.stat().st_size - 1):
        (tmp_path / "cut.safetensors").write_bytes(path.read_bytes()[:length])
        with pytest.raises(ModelError, match=r"cut\.safetensors: damaged or cut short"):
            read_tensors(tmp_path / "cut.safetensors")


def test_an_unknown_kind_of_part_is_refused(tmp_path) -> None:
    write_json(tmp_path / "part.json", {"part": "os.system"})
    with pytest.raises(ModelError, match=r"unknown kind of part 'os\.system'"):
        load_part(tmp_path)
    with pytest.raises(ModelError, match="'LinearPart' is expected"):
        read_part_json(tmp_path, "LinearPart")


def test_tasks_come_back_equal(world, tmp_path) -> None:
    written = json.loads(json.dumps(tasks_to_json(world.tasks)))
    assert tasks_from_json(written, tmp_path) == world.tasks


@pytest.mark.parametrize(
    "change", [{"kind": "poem"}, {"inputs": [{"place": 1}]}, {"labels": None}, {"inputs": None}]
)
def test_what_is_no_task_is_refused(world, tmp_path, change) -> None:
    written = tasks_to_json({"intent": world.tasks["intent"]})
    written["intent"] |= change
    with pytest.raises(ModelError, match="cannot be read"):
        tasks_from_json(written, tmp_path / "part.json")
    with pytest.raises(ModelError, match="no mapping"):
        tasks_from_json([], tmp_path / "part.json")
