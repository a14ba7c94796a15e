"""Reading the user's files as a program will, and refusing what would read otherwise."""

from __future__ import annotations

import polars as pl
import pytest

from polytask._errors import ConfigError
from polytask.deployment.script.reading import reading
from polytask.tasks import load

WORDS = ("red", "green", "blue")


def frame(count: int, offset: int = 0) -> pl.DataFrame:
    numbers = range(offset, offset + count)
    return pl.DataFrame(
        {"text": [f"{WORDS[i % 3]} thing {i}" for i in numbers], "label": [i % 3 for i in numbers]}
    )


def found(source):
    taskset = load(source)
    task = taskset["label"]
    return taskset, reading(taskset.tables[task.table], [task], taskset.origins)


def write(folder, **frames):
    for split, rows in frames.items():
        rows.write_parquet(folder / f"{split}.parquet")
    return folder


def test_files_that_are_the_splits_are_read_whole(tmp_path):
    write(tmp_path, train=frame(60), dev=frame(20, 60), test=frame(20, 80))
    _, one = found(tmp_path)
    assert one.whole == {"train": "train.parquet", "dev": "dev.parquet", "test": "test.parquet"}
    assert one.rows == {}
    assert one.folder == tmp_path
    assert one.plain == {"text"}  # labels are numbers: a program casts them


def test_rows_that_were_left_out_are_left_out_by_number(tmp_path):
    leak = pl.concat([frame(60), frame(20, 80).head(3)])
    write(tmp_path, train=leak, dev=frame(20, 60), test=frame(20, 80))
    taskset, one = found(tmp_path)
    assert one.whole == {}
    read = pl.concat([pl.read_parquet(tmp_path / name) for name in one.files])
    for split, rows in (("train", 60), ("dev", 20), ("test", 20)):
        assert len(one.rows[split]) == rows
    train = taskset.fold(["label"]).train["data" if "data" in taskset.tables else tmp_path.name]
    assert read[one.rows["train"]]["text"].to_list() == train.inputs.values["text"]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl"])
def test_a_file_that_was_cut_is_read_by_the_numbers_of_its_rows(tmp_path, suffix):
    rows, path = frame(1200), tmp_path / f"rows.{suffix}"
    if suffix == "jsonl":
        rows.write_ndjson(path)
    else:
        rows.write_csv(path, separator="\t" if suffix == "tsv" else ",")
    _, one = found(path)
    numbers = sorted(number for split in one.rows.values() for number in split)
    assert numbers == list(range(1200))
    assert one.call.startswith("pl.read_")


def test_cells_that_the_run_repaired_are_refused(tmp_path):
    tags = [["I-x", "O"] if i % 2 else ["B-x", "O"] for i in range(60)]
    rows = pl.DataFrame({"words": [["so", f"w{i}"] for i in range(60)], "tags": tags})
    write(tmp_path, train=rows, dev=rows[:20].with_columns(), test=rows[20:40])
    taskset = load(tmp_path, targets=["tags"], kinds={"tags": "tagging"})
    task = taskset["tags"]
    with pytest.raises(ConfigError, match="repaired cells"):
        reading(taskset.tables[task.table], [task], taskset.origins)


def test_files_of_other_kinds_are_refused(tmp_path):
    lines = [f"{word}\tO" if word else "" for i in range(80) for word in (f"w{i}", "the", "")]
    (tmp_path / "rows.conll").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "rows.json").write_text(frame(60).write_json(), encoding="utf-8")
    taskset = load(tmp_path / "rows.json")
    task = taskset["label"]
    with pytest.raises(ConfigError, match=r"files of one kind"):
        reading(taskset.tables[task.table], [task], taskset.origins)
