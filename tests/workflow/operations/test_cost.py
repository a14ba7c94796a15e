from __future__ import annotations

import pytest

from polytask.learning.model import Model, load_part
from polytask.workflow.operations.cost import cost
from polytask.workflow.operations.train import train

TASKS = ("topic", "mood")


def model_of(state, parts):
    loaded = {part: load_part(state.part_folder(part)) for part in parts.values()}
    return Model(loaded, parts).merged()


def test_a_linear_part_stands_on_itself(state):
    part = train(state, list(TASKS), "TfidfLinear()")["part"]
    found = cost(state, part)
    assert found["base"] == part
    assert found["bytes"] == model_of(state, dict.fromkeys(TASKS, part)).bytes
    assert found["heads"] == {"topic": 0, "mood": 0}
    assert found["reads"] == {"topic": "text", "mood": "text"}
    assert found["milliseconds"]["topic"] == found["milliseconds"]["mood"] > 0  # one pass


@pytest.mark.slow
def test_probes_stand_on_one_encoder_and_tuned_parts_on_their_own(state):
    probes = {name: train(state, [name], "Probe()")["part"] for name in TASKS}
    found = [cost(state, part) for part in probes.values()]
    assert found[0]["base"] == found[1]["base"]
    assert [set(one["heads"]) for one in found] == [{"topic"}, {"mood"}]
    sizes = found[0]["bytes"] + found[0]["heads"]["topic"] + found[1]["heads"]["mood"]
    assert sizes == model_of(state, probes).bytes
    joint = train(state, list(TASKS), "FineTune(epochs=1, learning_rate=1e-3)")["part"]
    tuned = cost(state, joint)
    assert tuned["base"] not in (joint, found[0]["base"])
    assert tuned["bytes"] == found[0]["bytes"]
    one = model_of(state, {"topic": joint})  # the other head is left out
    assert tuned["bytes"] + tuned["heads"]["topic"] == one.bytes


@pytest.mark.slow
def test_helpers_have_no_cost_of_their_own(make_state):
    state = make_state(source="helped.yaml")
    part = train(state, ["topic", "mood"], "FineTune(epochs=1)")["part"]
    assert set(cost(state, part)["heads"]) == {"topic"}


def test_a_part_that_is_not_there_is_an_error(state):
    with pytest.raises(Exception, match="part"):
        cost(state, "0" * 32)
