from __future__ import annotations

from polytask.workflow.operations.estimate import estimate, raw_seconds
from polytask.workflow.operations.recipes import build
from polytask.workflow.operations.train import train


def test_what_is_done_takes_no_time(state):
    assert estimate(state, ["topic"], "TfidfLinear()") > 0.0
    train(state, ["topic"], "TfidfLinear()")
    assert estimate(state, ["topic"], "TfidfLinear()") == 0.0


def test_estimates_are_corrected_by_what_fits_took(state):
    before = estimate(state, ["topic"], "TfidfLinear()")
    state.pace["TfidfLinear"] = 2.0
    assert estimate(state, ["topic"], "TfidfLinear()") == 2.0 * before
    assert estimate(state, ["topic"], "FineTune(epochs=2)") > 0.0


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
