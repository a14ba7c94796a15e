"""Findings: figures and places."""

import numpy as np
import polars as pl

from polytask.tasks.duplicates import Leak
from polytask.tasks.loading_findings import split_findings, table_findings
from polytask.tasks.task import Column, Table, Task

COLUMNS = (Column("t"),)


def table(split, group=""):
    frame = pl.DataFrame({"t": ["a", "a", "b", "c"], "y": ["p", "q", "p", "r"]})
    return Table("mood", COLUMNS, frame, (split,), split, group=group)


def place(row):
    return f"f.csv:{row + 2}"


def test_how_a_table_was_split():
    made = table(np.array(["train", "train", "dev", "test"]), "who")
    leaks = [Leak("mood", "train", "test", "film", (0, 1)), Leak("other", "dev", "test", "x", (0,))]
    split, leak = split_findings(made, "official splits", leaks, 4)
    assert (
        "official splits, rows with one 'who' kept together: 2 train, 1 dev, 1 test"
        in split.message
    )
    assert (leak.code, leak.count) == ("leak", 2)
    assert "2 of the train rows stand among the film test rows" in leak.message


def test_rows_taken_out_for_their_group_are_a_leak():
    made = table(np.array(["", "train", "dev", "test"]), "who")
    torn = [Leak("mood", "train", "test", "mood", (0,), group="who")]
    leak = split_findings(made, "official splits", torn, 4)[1]
    assert (leak.code, leak.count, leak.where) == ("leak", 1, "mood")
    assert leak.message == (
        "mood: 1 of the train rows have a 'who' that stands among its own test rows too and were "
        "taken out of train"
    )


def test_duplicates_conflicts_and_unseen_labels():
    made = table(np.array(["train", "train", "dev", "test"]))
    task = Task("y", "mood", COLUMNS, "y", "multiclass", "accuracy", ("p", "q"))
    found = {f.code: f for f in table_findings(made, [task], ["1", "1", "2", "3"], place)}
    assert found["duplicate"].count == 1
    assert found["conflict"].count == 2
    assert "f.csv:2" in found["conflict"].message
    assert "'r'" in found["unseen_label"].message
    assert "f.csv:5" in found["unseen_label"].message


def test_nothing_to_say():
    made = table(np.array(["train", "dev", "train", "test"]))
    task = Task("y", "mood", COLUMNS, "y", "multiclass", "accuracy", ("p", "q", "r"))
    assert table_findings(made, [task], ["1", "2", "3", "4"], place) == []
