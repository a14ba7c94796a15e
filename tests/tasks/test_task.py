"""The values everything speaks of."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from polytask.tasks import Column, Inputs, Rows, Table, Task, TaskSet


@pytest.fixture
def taskset():
    frame = pl.DataFrame(
        {"text": list("abcdef"), "y": ["p", "q", None, "p", "q", "p"], "z": [1.0, None] * 3}
    )
    columns = (Column("text"),)
    split = np.array(["train", "train", "train", "dev", "test", ""])
    table = Table("t", columns, frame, (split,), split)
    tasks = {
        "y": Task("y", "t", columns, "y", "binary", "accuracy", ("p", "q")),
        "z": Task("z", "t", columns, "z", "regression", "r2"),
    }
    return TaskSet(tasks, {"t": table})


def test_a_task_set_is_a_mapping(taskset):
    assert list(taskset) == ["y", "z"]
    assert len(taskset) == 2
    assert taskset["z"].kind == "regression"
    assert taskset.folds(["y", "z"]) == 1


def test_a_fold_shows_rows_with_a_label_and_no_test_row(taskset):
    fold = taskset.fold(["y", "z"], 0)
    assert fold.train["t"].positions.tolist() == [0, 1, 2]
    assert fold.train["t"].targets == {"y": ["p", "q", None], "z": [1.0, None, 1.0]}
    assert fold.dev["t"].inputs.values["text"] == ["d"]
    assert taskset.fold(["y"]).train["t"].positions.tolist() == [0, 1]
    assert taskset.test(["y"])["t"].positions.tolist() == [4]


def test_labelled_rows(taskset):
    rows = taskset.fold(["y", "z"]).train["t"].labelled("z")
    assert isinstance(rows, Rows)
    assert rows.targets == {"z": [1.0, 1.0]}
    assert rows.inputs.values["text"] == ["a", "c"]
    assert len(rows) == 2


def test_folds_of_several_tables_are_counted_by_the_largest(taskset):
    table = taskset.tables["t"]
    split = table.final
    frame = table.frame.rename({"y": "w"})
    more = Table("u", table.columns, frame, (split,) * 5, split)
    task = Task("w", "u", table.columns, "y", "binary", "accuracy", ("p", "q"))
    both = TaskSet({**taskset.tasks, "w": task}, {"t": table, "u": more})
    assert both.folds(["y", "w"]) == 5
    assert set(both.fold(["y", "w"], 4).train) == {"t", "u"}


def test_keys_are_equal_for_equal_inputs():
    column = (Column("w", tokens=True),)
    keys = Inputs(column, {"w": [["a", "b"], ["a b"], ["a", "b"]]}).keys()
    assert keys[0] == keys[2] != keys[1]
    image = (Column("i", "image"),)
    assert Inputs(image, {"i": [b"x", b"y"]}).keys()[0] != Inputs(image, {"i": [b"y"]}).keys()[0]


def test_keys_of_image_paths_follow_what_the_files_hold(tmp_path):
    image = (Column("i", "image"),)
    one, two, gone = (tmp_path / name for name in ("1.png", "2.png", "gone.png"))
    one.write_bytes(b"x")
    two.write_bytes(b"y")
    before = Inputs(image, {"i": [one, two, b"x", gone]}).keys()
    assert before[0] == before[2]
    assert len(set(before)) == 3
    one.write_bytes(b"y")
    after = Inputs(image, {"i": [one, two, b"x", gone]}).keys()
    assert after[0] == before[1]
    assert after[1:] == before[1:]


def test_take_keeps_the_order_asked_for():
    taken = Inputs((Column("t"),), {"t": ["a", "b", "c"]}).take([2, 0])
    assert taken.values["t"] == ["c", "a"]
    assert len(taken) == 2


def test_image_paths_come_as_paths():
    columns = (Column("i", "image"),)
    frame = pl.DataFrame({"i": ["a.png", "b.png"], "y": ["p", "q"]})
    split = np.array(["train", "train"])
    task = Task("y", "t", columns, "y", "binary", "accuracy", ("p", "q"))
    taskset = TaskSet({"y": task}, {"t": Table("t", columns, frame, (split,), split)})
    assert taskset.fold(["y"]).train["t"].inputs.values["i"] == [Path("a.png"), Path("b.png")]


def test_bio_is_told_by_the_tags():
    columns = (Column("t", tokens=True),)
    spans = Task("a", "t", columns, "a", "tagging", "span_f1", ("B-x", "I-x", "O"))
    plain = Task("a", "t", columns, "a", "tagging", "accuracy", ("NOUN", "VERB"))
    assert spans.bio
    assert not plain.bio
