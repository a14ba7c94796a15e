import numpy as np
import pytest

from polytask.evaluation.metrics.encoding import (
    answered_tags,
    check_length,
    code,
    counts,
    extended,
    indicators,
    positions,
    unseen,
)
from polytask.evaluation.prediction import Prediction
from polytask.tasks.task import Task


def task(kind, labels=("x", "y")):
    return Task("t", "table", (), "t", kind, "accuracy", labels)


def answers(labels):
    return Prediction(labels, np.ones(len(labels)), np.ones(len(labels), dtype=bool))


def test_labels_beyond_the_task_stand_at_the_end_sorted():
    assert extended(task("multiclass"), ["q", "x", "c"]) == ("x", "y", "c", "q")
    coded = code(task("multiclass"), ["y", "q"], answers(["x", "y"]))
    assert coded.labels == ("x", "y", "q")
    assert coded.truth.tolist() == [1, 2]
    assert coded.answer.tolist() == [0, 1]


def test_tags_keep_their_sentence():
    coded = code(task("tagging"), [["x", "y"], [], ["y"]], answers([["x", "x"], [], ["y"]]))
    assert coded.row.tolist() == [0, 0, 2]
    assert coded.rows == 3


def test_tokens_without_an_answer_are_wrong_and_surplus_answers_are_dropped():
    given = answers([["x"], ["y", "y", "x"]])
    assert answered_tags([["x", "x"], ["y"]], given) == [["x", ""], ["y"]]
    labels, made = counts(task("tagging"), [["x", "x"], ["y"]], given)
    assert labels == ("x", "y", "")
    assert made[0].tolist() == [[1, 0, 0], [2, 0, 0], [1, 0, 1]]


def test_sets_become_indicators_over_all_labels():
    labels, truth, answer = indicators(task("multilabel"), [["q"], []], answers([["x"], ["y"]]))
    assert labels == ("x", "y", "q")
    assert truth.tolist() == [[False, False, True], [False, False, False]]
    assert answer.tolist() == [[True, False, False], [False, True, False]]


def test_unseen_labels_are_counted_for_every_kind():
    assert unseen(task("multiclass"), ["x", "q", "q"]) == {"q": 2}
    assert unseen(task("tagging"), [["x", "a"], ["b"]]) == {"a": 1, "b": 1}
    assert unseen(task("multilabel"), [["x"], []]) == {}
    assert unseen(task("regression", ()), [1.5]) == {}


def test_positions_mark_the_unknown():
    assert positions(["b", "z"], ["a", "b"]).tolist() == [1, -1]


def test_other_lengths_are_refused_with_both_figures():
    with pytest.raises(ValueError, match="answers 1 rows but there are 2 targets"):
        check_length(["x", "y"], answers(["x"]))
