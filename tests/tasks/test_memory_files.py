from __future__ import annotations

import polars as pl
import pytest

from polytask.tasks import load, write_task_file
from polytask.tasks.memory_files import in_memory, placed, save

ROWS = [{"text": f"{w} day {i}", "mood": w, "x": i} for i in range(30) for w in ("good", "bad")]


@pytest.mark.parametrize(
    ("source", "found"),
    [("a.csv", False), (["a.csv"], False), (ROWS, True), ({"train": ROWS}, True), ([], True)],
    ids=["path", "paths", "rows", "frames", "nothing"],
)
def test_frames_and_rows_are_in_memory_and_paths_are_not(source, found):
    assert in_memory(source) is found


def test_names_that_cannot_be_files_or_would_name_a_split_are_changed(tmp_path):
    from polytask.tasks.loading_sources import memory_sources

    named = {"a/b": ROWS, "a_b": ROWS, "reviews_train": ROWS}
    files = [
        paths for one in placed(memory_sources(named), tmp_path) for paths in one.data.values()
    ]
    names = [path.rpartition("/")[2] for (path,) in files]
    assert names == ["a_b.parquet", "a_b_.parquet", "all_reviews_train_rows.parquet"]


def test_a_task_file_names_what_is_saved_and_loads_back_to_the_same(tmp_path):
    source = {"one": pl.DataFrame(ROWS), "two": ROWS[:40]}
    taskset = load(source, targets=["mood"], keep=tmp_path / "data")
    save(source, taskset, tmp_path / "data")
    write_task_file(taskset, tmp_path / "tasks.yaml")
    again = load(tmp_path / "tasks.yaml")
    assert list(again) == list(taskset) == ["one_mood", "two_mood"]
    for name, table in again.tables.items():
        assert table.frame.equals(taskset.tables[name].frame)
        assert [s.tolist() for s in table.splits] == [
            s.tolist() for s in taskset.tables[name].splits
        ]
    assert pl.read_parquet(tmp_path / "data" / "one.parquet").columns == ["text", "mood"]
