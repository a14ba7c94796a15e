from __future__ import annotations

import numpy as np

from polytask.learning.encoders.marks import TRUNCATED, UNREADABLE, WINDOWED, blank, counted, tally
from polytask.tasks.task import Column, Inputs, Rows


def rows(**targets) -> Rows:
    count = len(next(iter(targets.values())))
    return Rows(Inputs((Column("a"),), {"a": [""] * count}), targets, np.arange(count))


def test_each_mark_is_counted_over_rows_with_a_label() -> None:
    marks = np.array([TRUNCATED, WINDOWED, UNREADABLE, TRUNCATED, 0], dtype=np.uint8)
    assert counted(marks, ["x", "x", None, "y", "y"]) == {"truncated": 2, "windowed": 1}
    assert counted(blank(2), ["x", "y"]) == {}


def test_marks_are_told_by_task_and_split_and_nothing_else() -> None:
    train = rows(intent=["a", None, "b"], slots=[["O"], ["O"], None])
    dev = rows(intent=["a", "b"])
    read = [
        ("train", train, np.array([TRUNCATED, WINDOWED, 0])),
        ("dev", dev, np.array([0, TRUNCATED])),
        ("test", dev, blank(2)),
    ]
    assert tally(read) == {
        "intent": {"train": {"truncated": 1}, "dev": {"truncated": 1}},
        "slots": {"train": {"truncated": 1, "windowed": 1}},
    }
