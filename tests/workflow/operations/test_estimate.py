from __future__ import annotations

import importlib
from types import SimpleNamespace

import pytest

from polytask.workflow.operations.estimate import estimate, look_again, raw_seconds
from polytask.workflow.operations.recipes import build
from polytask.workflow.operations.train import Log, train
from polytask.workflow.waiting import Waiting

training = importlib.import_module("polytask.workflow.operations.train")


def test_what_is_done_takes_no_time(state):
    assert estimate(state, ["topic"], "TfidfLinear()") > 0.0
    train(state, ["topic"], "TfidfLinear()")
    assert estimate(state, ["topic"], "TfidfLinear()") == 0.0


def test_estimates_are_corrected_by_what_fits_took(state):
    before = estimate(state, ["topic"], "TfidfLinear()")
    state.pace["TfidfLinear"] = 2.0
    assert estimate(state, ["topic"], "TfidfLinear()") == 2.0 * before
    assert estimate(state, ["topic"], "FineTune(epochs=2)") > 0.0


def test_a_second_look_leaves_out_what_fits_waited_for_other_work(state, monkeypatch):
    told = iter([Waiting(0.0, 0.0), Waiting(1.0, 3.0)])  # three quarters of the time
    monkeypatch.setattr(training, "waiting", lambda: next(told))
    monkeypatch.setattr(training, "raw_seconds", lambda *_: 1e-3)  # so that the pace is above 3
    train(state, ["topic"], "TfidfLinear()")
    assert state.pace == {"TfidfLinear": 3.0}
    monkeypatch.setattr(training, "_fit", lambda *_: None)
    for expected, share, pace, calm in (
        (1.0, 0.5, 2.0, 1.0),  # twice as long, half of it waiting
        (1.0, 0.25, 2.0, 1.5),
        (1.0, 0.0, 2.0, 2.0),
        (4.0, 0.75, 0.5, 0.5),  # speeds measured beside other work, too: no reason for less
    ):
        monkeypatch.setattr(training, "raw_seconds", lambda *_, e=expected: e)
        clock = SimpleNamespace(monotonic=iter([0.0, 2.0]).__next__)
        monkeypatch.setattr(training, "time", clock)
        told = iter([Waiting(0.0, 0.0), Waiting(1.0 - share, share)])
        training._timed_fit(["topic"], build("TfidfLinear()"), state.folder.path, Log(state, 0))
        assert (state.pace["TfidfLinear"], state.calm_pace["TfidfLinear"]) == (pace, calm)
    monkeypatch.undo()
    state.pace, state.calm_pace = {"Probe": 3.0}, {"Probe": 1.0}
    before = estimate(state, ["mood"], "Probe()")
    look_again(state, 0.0)
    assert estimate(state, ["mood"], "Probe()") == pytest.approx(before / 3)


def test_folds_take_a_fit_each_and_one_more(make_state):
    state = make_state(source="folded.yaml")
    recipe = build("TfidfLinear()")
    single = recipe.estimate(
        [state.taskset["topic"]], state.taskset.fold(["topic"]), state.context()
    )
    assert raw_seconds(state, ["topic"], recipe) == 4 * single


def test_a_repeat_takes_as_long_as_the_first(state):
    train(state, ["topic"], "TfidfLinear()")
    assert estimate(state, ["topic"], "TfidfLinear()", 1) > 0.0
