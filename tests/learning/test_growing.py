"""A saved model takes one more task; its old files of numbers stay byte for byte."""

from __future__ import annotations

import numpy as np
import pytest

from polytask._errors import ConfigError, ModelError
from polytask.evaluation.prediction import Decisions
from polytask.learning.growing import Trunk, grow, host, trunks
from polytask.learning.model import Model
from polytask.learning.neural_part import NeuralPart, head_for
from polytask.learning.recipes.recipe import Context
from polytask.learning.recipes.tfidf_linear import TfidfLinear
from polytask.tasks.task import Column, Task

CONTEXT = Context(dtype="float32", threads=1)


@pytest.fixture
def model(world, tiny) -> Model:
    head = head_for(world.tasks["intent"], tiny.dim)
    part = NeuralPart(tiny, {"intent": head.eval()}, recipe="FineTune()", passes={"intent": 3.0})
    return Model({"joint": part}, {"intent": "joint"})


def test_a_head_on_a_trunk_changes_no_old_answer(world, model, tmp_path) -> None:
    tasks, fold = world.pick("slots")
    (name, trunk), = trunks(model, tasks[0]).items()  # fmt: skip
    before = model.parts["joint"].encoder.digest()
    part = trunk.fit(tasks, fold, CONTEXT)
    assert (name, str(trunk)) == ("joint", "Probe() on the encoder of intent")
    assert part.encoder.digest() == before
    assert host(model, part) == "joint"
    model.save(tmp_path / "model")
    old = {path: path.read_bytes() for path in tmp_path.rglob("*.safetensors")}
    decisions = Decisions(temperature=2.0)
    grow(tmp_path / "model", part, decisions, name="new", into="joint")
    assert {path: path.read_bytes() for path in old} == old
    grown = Model.load(tmp_path / "model")
    inputs = fold.dev["talk"].inputs
    found, expected = grown.scores(inputs), model.scores(inputs)["intent"]
    assert np.array_equal(found["intent"], expected)
    for row, wanted in zip(found["slots"], part.scores(inputs, ["slots"])["slots"], strict=True):
        assert np.array_equal(row, wanted)
    assert grown.decisions["slots"] == decisions
    assert grown.parts["joint"].passes == {"intent": 3.0}


def test_a_part_of_another_kind_stands_beside_the_old_ones(world, model, tmp_path) -> None:
    tasks, fold = world.pick("about")
    part = TfidfLinear().fit(tasks, fold, CONTEXT)
    assert host(model, part) == ""
    model.save(tmp_path / "model")
    grow(tmp_path / "model", part, Decisions(), name="own", into="")
    grown = Model.load(tmp_path / "model")
    assert grown.routing == {"intent": "joint", "about": "own"}
    assert grown.tasks["about"] == tasks[0]
    inputs = fold.dev["notes"].inputs
    expected = part.scores(inputs, ["about"])["about"]
    assert np.array_equal(grown.scores(inputs, ["about"])["about"], expected)


def test_a_trunk_reads_its_own_modality_alone(model) -> None:
    photo = Task("sick", "t", (Column("photo", "image"),), "sick", "binary", "accuracy")
    assert trunks(model, photo) == {}
    both = (Column("photo", "image"), Column("note"))
    with pytest.raises(ConfigError, match="texts or an image, not both"):
        trunks(model, Task("sick", "t", both, "sick", "binary", "accuracy"))


def test_another_encoder_is_no_host(world, model) -> None:
    from polytask.learning.encoders.tiny import tiny_text_encoder

    other = tiny_text_encoder(world.texts, seed=1)
    part = NeuralPart(other, {"intent": head_for(world.tasks["intent"], other.dim)})
    assert host(model, part) == ""
    assert isinstance(trunks(model, world.tasks["about"])["joint"], Trunk)


def test_a_damaged_model_is_named(world, tmp_path) -> None:
    tasks, fold = world.pick("about")
    part = TfidfLinear().fit(tasks, fold, CONTEXT)
    with pytest.raises(ModelError, match=r"model\.json: not found"):
        grow(tmp_path, part, Decisions(), name="own", into="")
