from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from polytask.tasks.task import Column, Inputs, Rows, Table, Task, TaskSet
from polytask.workflow import scoring
from polytask.workflow.scoring import Scored

TEXT = (Column("text"),)


def test_scores_survive_saving(tmp_path):
    tags = [np.ones((3, 2), np.float32), np.zeros((0, 2), np.float32), np.ones((1, 2), np.float32)]
    found = {
        "一 a": Scored(np.array([1, 4]), np.array([[0.1, 0.9], [0.7, 0.3]], np.float32)),
        "tags": Scored(np.array([0, 1, 2]), tags),
    }
    scoring.save(tmp_path / "x.safetensors", found)
    again = scoring.load(tmp_path / "x.safetensors")
    assert set(again) == set(found)
    np.testing.assert_array_equal(again["一 a"].scores, found["一 a"].scores)
    np.testing.assert_array_equal(again["一 a"].positions, [1, 4])
    assert [item.shape for item in again["tags"].scores] == [(3, 2), (0, 2), (1, 2)]


def test_folds_are_joined_by_position_and_a_row_counts_once():
    first = {"a": Scored(np.array([2, 5]), np.array([[2.0], [5.0]]))}
    second = {"a": Scored(np.array([0, 5]), np.array([[0.0], [99.0]]))}
    joined = scoring.gather([first, second])["a"]
    assert joined.positions.tolist() == [0, 2, 5]
    assert joined.scores[:, 0].tolist() == [0.0, 2.0, 5.0]
    lists = {"a": Scored(np.array([1, 0]), [np.ones((1, 2)), np.zeros((2, 2))])}
    assert [len(item) for item in scoring.gather([lists])["a"].scores] == [2, 1]


class Part:
    """Gives each row its length, and counts how often it runs."""

    runs = 0

    def scores(self, inputs, tasks):
        self.runs += 1
        lengths = np.array([[len(text)] for text in inputs.values["text"]], dtype=float)
        return dict.fromkeys(tasks, lengths)


def test_a_part_runs_once_a_table_and_unlabelled_rows_are_left_out():
    rows = Rows(
        Inputs(TEXT, {"text": ["a", "bb", "ccc"]}),
        {"x": ["1", None, "1"], "y": [None, "2", None]},
        np.array([3, 7, 9]),
    )
    part = Part()
    found = scoring.score_rows(part, {"t": rows}, ["x", "y"])  # type: ignore[arg-type]
    assert part.runs == 1
    assert found["x"].positions.tolist() == [3, 9]
    assert found["x"].scores[:, 0].tolist() == [1.0, 3.0]
    assert found["y"].positions.tolist() == [7]


@pytest.fixture
def folded() -> TaskSet:
    frame = pl.DataFrame({"text": list("abcd"), "x": ["1", None, "2", "1"]})
    splits = tuple(
        np.array(split, dtype=object)
        for split in (["dev", "dev", "train", "test"], ["train", "test", "dev", "train"])
    )
    final = np.array(["train"] * 4, dtype=object)
    task = Task("x", "t", TEXT, "x", "binary", "accuracy", ("1", "2"))
    return TaskSet({"x": task}, {"t": Table("t", TEXT, frame, splits, final)})


def test_scores_stand_beside_the_targets_of_their_rows(folded):
    scored = Scored(np.array([0, 2]), np.array([[1.0, 0.0], [0.0, 3.0]]))
    found = scoring.judged(folded, "x", "dev", scored)
    assert (found.task.name, found.truth) == ("x", ["1", "2"])
    last = found.at(np.array([1]))
    assert (last.truth, last.positions.tolist(), last.scores.tolist()) == (["2"], [2], [[0.0, 3.0]])
    with pytest.raises(ValueError, match="'x' has 2 labelled dev rows; the 2 scores are not of"):
        scoring.judged(folded, "x", "dev", replace(scored, positions=np.array([0, 3])))


def test_targets_of_all_folds_in_ascending_order(folded):
    values, positions = scoring.targets(folded, "x", "dev")
    assert (values, positions.tolist()) == (["1", "2"], [0, 2])
    assert scoring.targets(folded, "x", "test")[1].tolist() == [3]  # row 1 has no label
