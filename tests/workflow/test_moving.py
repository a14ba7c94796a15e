from __future__ import annotations

import json

import pytest

from polytask.tasks import read_task_file
from polytask.workflow.folder import RunFolder
from polytask.workflow.moving import settle

TASKS = """tasks:
  a: {data: {train: ../data/train.csv, test: [../data/test.csv]}, input: x, target: no}
  b: {data: data/inner.parquet, input: x, target: y, map: {'1': one}}
"""


@pytest.fixture
def folder(tmp_path):
    for name in ("data/train.csv", "data/test.csv", "run/data/inner.parquet"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x", encoding="utf-8")
    (tmp_path / "run" / "tasks.yaml").write_text(TASKS, encoding="utf-8")
    (tmp_path / "run" / "run.json").write_text('{"format": 1}', encoding="utf-8")
    return RunFolder(tmp_path / "run")


def files(folder):
    return [
        path
        for entry in read_task_file(folder.task_file)
        for paths in entry.data.values()
        for path in paths
    ]


def test_a_folder_in_its_place_is_left_alone(folder):
    settled = settle(folder, {"format": 1, "place": str(folder.path)})
    assert settled["place"] == str(folder.path)
    assert folder.task_file.read_text(encoding="utf-8") == TASKS


def test_a_moved_folder_finds_data_that_stayed(folder, tmp_path):
    moved = RunFolder(tmp_path / "far" / "away" / "run")
    moved.path.parent.mkdir(parents=True)
    folder.path.rename(moved.path)
    settled = settle(moved, {"format": 1, "place": str(folder.path)})
    assert settled["place"] == str(moved.path)
    assert json.loads(moved.marker.read_text(encoding="utf-8")) == settled
    found = [(moved.path / path).resolve() for path in files(moved)]
    assert [path.relative_to(tmp_path).as_posix() for path in found] == [
        "data/train.csv",
        "data/test.csv",
        "far/away/run/data/inner.parquet",
    ]
    entry = read_task_file(moved.task_file)[0]
    assert (entry.target, read_task_file(moved.task_file)[1].map) == ("no", {"1": "one"})


def test_data_that_moved_along_are_found_as_before(folder, tmp_path):
    (tmp_path / "new").mkdir()
    for name in ("data", "run"):
        (tmp_path / name).rename(tmp_path / "new" / name)
    moved = RunFolder(tmp_path / "new" / "run")
    settle(moved, {"format": 1, "place": str(folder.path)})
    assert moved.task_file.read_text(encoding="utf-8") == TASKS
