"""Features that proposers go by."""

import numpy as np
import pytest

from polytask.learning.proposing import known
from polytask.learning.proposing.known import Known, samples
from polytask.learning.recipes.recipe import Context


def test_some_training_rows_of_each_table_are_read_and_no_dev_row(world, tiny_folder, monkeypatch):
    monkeypatch.setattr(known, "ROWS", 10)
    tasks, fold = world.pick("intent", "score", "slots")
    found = samples(tasks, fold, Context(encoder=str(tiny_folder), threads=1))
    assert set(found) == {"intent", "score", "slots"}
    assert len(found["intent"].features) == len(found["intent"].truth) <= 10
    assert found["slots"].features.dtype == np.float32
    assert len(found["slots"].features) == len(found["slots"].truth) > 10, "tokens"
    without = type(fold)(fold.train, {})
    again = samples(tasks, without, Context(encoder=str(tiny_folder), threads=1))
    assert np.array_equal(again["intent"].features, found["intent"].features)


def test_likeness_is_the_cosine_of_mean_features():
    from polytask.learning.probing import Labelled

    at = {"a": [[2.0, 0.0], [0.0, 2.0]], "b": [[3.0, 0.0]], "c": [[0.0, 0.0]]}
    held = {name: Labelled(np.array(rows), np.zeros(len(rows)), []) for name, rows in at.items()}
    alike = Known({}, samples=held).alike
    assert alike["a", "b"] == alike["b", "a"] == pytest.approx(0.5**0.5)
    assert alike["a", "c"] == 0.0
    assert ("a", "a") not in alike


def test_what_was_worked_out_is_not_worked_out_again():
    held, made = Known({}), []
    for _ in range(2):
        assert held.recall("key", lambda: made.append(1) or 7) == 7
    assert made == [1]
