import math

import numpy as np
import pytest

from polytask.evaluation.metrics import joint_accuracy, joint_right, right
from polytask.evaluation.prediction import Prediction
from polytask.tasks.task import Task


def task(name, kind):
    return Task(name, "table", (), name, kind, "accuracy", ("x", "y"))


def answers(labels):
    return Prediction(labels, np.ones(len(labels)), np.ones(len(labels), dtype=bool))


def test_a_row_is_right_if_all_of_it_is():
    assert right(task("t", "binary"), ["x", "y"], answers(["x", "x"])).tolist() == [True, False]
    tags = right(task("t", "tagging"), [["x", "y"], []], answers([["x", "x"], []]))
    assert tags.tolist() == [False, True]
    sets = right(task("t", "multilabel"), [["x", "y"], ["x"]], answers([["y", "x"], []]))
    assert sets.tolist() == [True, False]


def test_a_number_is_not_right_or_wrong():
    with pytest.raises(ValueError, match="'price' is a regression"):
        right(task("price", "regression"), [1.0], answers([1.0]))


def test_all_tasks_of_a_sentence_must_be_right():
    tasks = [task("intent", "multiclass"), task("slots", "tagging"), task("n", "regression")]
    targets = {
        "intent": ["x", "y", "x", None],
        "slots": [["x"], ["x"], ["y"], ["y"]],
        "n": [1.0, 2.0, None, 3.0],
    }
    predictions = {
        "intent": answers(["x", "y", "y", "x"]),
        "slots": answers([["x"], ["y"], ["y"], ["y"]]),
        "n": answers([9.0] * 4),
    }
    assert joint_right(tasks, targets, predictions).tolist() == [True, False, False]
    assert joint_accuracy(tasks, targets, predictions) == pytest.approx(1 / 3)


def test_without_a_common_row_there_is_no_joint_accuracy():
    tasks = [task("a", "binary"), task("b", "binary")]
    targets = {"a": ["x", None], "b": [None, "x"]}
    predictions = dict.fromkeys("ab", answers(["x", "x"]))
    assert math.isnan(joint_accuracy(tasks, targets, predictions))
    assert math.isnan(joint_accuracy([task("n", "regression")], {}, {}))
