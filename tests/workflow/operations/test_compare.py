from __future__ import annotations

import pytest

from polytask._errors import PlanError
from polytask.workflow.operations.compare import compare
from polytask.workflow.operations.train import train


def test_a_shared_part_is_held_against_controls_on_dev(state):
    shared = train(state, ["topic", "mood"], "TfidfLinear()")
    single = {name: train(state, [name], "Probe()") for name in ("topic", "mood")}
    controls = {name: found["part"] for name, found in single.items()}
    found = compare(state, shared["part"], controls)
    assert set(found) == {"topic", "mood"}
    for name, task in found.items():
        assert task["gain"] == pytest.approx(shared["dev"][name] - single[name]["dev"][name])
        assert task["low"] <= task["gain"] <= task["high"]
        assert task["verdict"] in ("better", "no worse", "worse", "not decidable")
    assert compare(state, shared["part"], controls) == found  # the same draws each time


def test_a_part_that_was_not_trained_for_a_task_is_refused(state):
    topic = train(state, ["topic"], "TfidfLinear()")["part"]
    with pytest.raises(PlanError, match="was not trained for the task 'mood'"):
        compare(state, topic, {"mood": topic})
