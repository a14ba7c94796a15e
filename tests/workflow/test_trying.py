"""What is tried for a task of a model that grows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from polytask._errors import RunError
from polytask.learning.model import Model
from polytask.tasks.loading import load
from polytask.workflow import trying
from polytask.workflow.folder import RunFolder
from polytask.workflow.settings import Settings
from polytask.workflow.state import State
from polytask.workflow.trying import arm, best, try_out


@pytest.fixture
def events():
    return []


@pytest.fixture
def state(tmp_path, new_rows, events):
    folder = RunFolder(tmp_path / "new")
    folder.parts.mkdir(parents=True)
    state = State(folder, Settings(threads=1, dtype="float32").plain(), events.append)
    state.taskset = load(new_rows, targets=["heard"])
    return state


@pytest.fixture
def model(plain):
    return Model.load(RunFolder(plain).model)


def test_a_failure_is_told_and_the_rest_is_tried(model, state, events, monkeypatch):
    from polytask.learning.recipes.top_layers import TopLayers

    def fail(*_: object) -> None:
        raise RunError("no such thing")

    monkeypatch.setattr(TopLayers, "fit", fail)
    monkeypatch.setattr(trying, "QUICK", {"text": ("TopLayers(layers=1)", "TfidfLinear()")})
    (one,), attempts = try_out(state, model, "heard")
    failed, done = (attempt.candidate for attempt in attempts)
    assert (failed.status, failed.reason) == ("failed", "no such thing")
    assert (done.recipe, done.dev) == ("TfidfLinear()", {"heard": one.dev})
    assert one.alone
    assert [e["status"] for e in events if e["event"] == "found"] == ["failed", "done"]
    found = arm(state, one)
    assert len(found.answers.labels) == 30
    assert found.part == one.handle == attempts[1].handle
    again = state.taskset.tables["data"].frame.with_columns(pl.col("text") + " more")
    state.taskset.tables["data"] = replace(state.taskset.tables["data"], frame=again)
    assert try_out(state, model, "heard")[0][0].handle != one.handle  # of other rows


def test_the_best_on_dev_is_taken_and_an_undefined_value_last(model, state, monkeypatch):
    monkeypatch.setattr(trying, "QUICK", {"text": ("TfidfLinear()",)})
    (one,), _ = try_out(state, model, "heard")
    rivals = [replace(one, dev=value, handle=str(value)) for value in (float("nan"), 0.4, 0.9, 0.9)]
    assert best(rivals) is rivals[2]


def test_a_part_that_knows_other_labels_is_judged_by_those_of_the_task(model, state, monkeypatch):
    monkeypatch.setattr(trying, "QUICK", {"text": ("TfidfLinear()",)})
    (one,), _ = try_out(state, model, "heard")
    wider = replace(state.taskset["heard"], labels=("maybe", "yes", "no"), kind="multiclass")
    state.taskset.tasks["heard"] = wider
    known, found = one.task.labels, arm(state, one).answers.probabilities
    assert known == ("no", "yes")
    assert np.array_equal(found[:, 0], np.zeros(30))
    assert np.allclose(found.sum(axis=1), 1)
    assert set(arm(state, one).answers.labels) <= set(known)
