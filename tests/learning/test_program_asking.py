from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from polytask._errors import DataError
from polytask.learning.model import Model
from polytask.learning.part import Part
from polytask.learning.program_asking import Asking
from polytask.tasks.task import Column, Task

PAIR = (Column("scan", "image"), Column("text"))
TASKS = {
    "ct": Task("ct", "t", (Column("scan", "image"),), "ct", "binary", "accuracy", ("bad", "good")),
    "both": Task("both", "t", PAIR, "both", "multilabel", "macro_f1", ("a", "b")),
    "size": Task("size", "t", (Column("text"),), "size", "regression", "r2"),
}


def _scan() -> bytes:
    made = io.BytesIO()
    Image.new("L", (8, 8)).save(made, "png")
    return made.getvalue()


SCAN = _scan()


class Fixed(Part):
    """The same scores for every row."""

    recipe = "Fixed()"
    parameters = 0
    tasks = TASKS
    rows: int = 0

    def scores(self, inputs, tasks):
        self.rows += len(inputs)
        given = {"ct": [2.0, 0.0], "both": [3.0, -3.0], "size": 7.5}
        return {name: np.array([given[name]] * len(inputs)) for name in tasks}

    def save(self, folder, *, complete=True):
        raise NotImplementedError


@pytest.fixture
def part():
    return Fixed()


@pytest.fixture
def asking(part):
    return Asking(Model({"one": part}, dict.fromkeys(TASKS, "one")), list(TASKS))


def test_answers_are_plain_data_by_kind(asking):
    (ct,) = asking("ct", [SCAN])
    assert ct["label"] == "bad"
    assert ct["probabilities"] == {"bad": 0.880797, "good": 0.119203}
    (both,) = asking("both", [{"scan": SCAN, "text": "hi"}])
    assert both["labels"] == ["a"]
    assert asking("size", ["hi", {"text": "hi", "more": 1}]) == [{"value": 7.5, "sure": True}] * 2


def test_equal_inputs_are_answered_once_and_a_row_without_one_by_nothing(asking, part):
    found = asking("size", ["hi", "hi", "", "you", "hi"])
    assert part.rows == 2
    assert found[2]["label"] is None
    assert not found[2]["sure"]
    asking("size", ["you"])
    assert part.rows == 2


@pytest.mark.parametrize("given", ["/etc/passwd", {"scan": "/etc/passwd"}, None, 3])
def test_a_program_cannot_name_a_file(asking, given):
    with pytest.raises(DataError, match="takes an image of the row"):
        asking("ct", [given])
    assert asking("ct", [Path("/nowhere.png")])  # what the row itself names is read


def test_several_columns_are_given_by_name(asking):
    with pytest.raises(DataError, match="takes a dict with scan, text"):
        asking("both", ["hi"])
