"""A head on a frozen trunk; what the trunk answered stays to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from polytask._errors import ConfigError
from polytask.learning.growing import Trunk, host, trunks
from polytask.learning.model import Model
from polytask.learning.neural_part import NeuralPart, head_for
from polytask.learning.recipes.recipe import Context
from polytask.tasks.task import Column, Task

CONTEXT = Context(dtype="float32", threads=1)


@pytest.fixture
def model(world, tiny) -> Model:
    head = head_for(world.tasks["intent"], tiny.dim)
    part = NeuralPart(tiny, {"intent": head.eval()}, recipe="FineTune()", passes={"intent": 3.0})
    return Model({"joint": part}, {"intent": "joint"})


def test_a_head_on_a_trunk_changes_no_old_answer(world, model, tmp_path) -> None:
    tasks, fold = world.pick("slots")
    (trunk,) = trunks(model, tasks[0])
    before = model.parts["joint"].encoder.digest()
    part = trunk.fit(tasks, fold, CONTEXT)
    assert str(trunk) == "Probe() on the encoder of intent"
    assert part.encoder.digest() == before
    assert host(model, part) == "joint"
    grown = Model({**model.parts, "new": part}, {**model.routing, "slots": "new"}).merged()
    assert list(grown.parts) == ["joint"]  # one pass of one encoder answers both
    grown.save(tmp_path / "model")
    inputs = fold.dev["talk"].inputs
    for answers in (grown, Model.load(tmp_path / "model")):
        found, expected = answers.scores(inputs), model.scores(inputs)["intent"]
        assert np.array_equal(found["intent"], expected)
        for row, new in zip(found["slots"], part.scores(inputs, ["slots"])["slots"], strict=True):
            assert np.array_equal(row, new)
        assert answers.parts["joint"].passes == {"intent": 3.0}


def test_a_trunk_reads_its_own_modality_alone(model) -> None:
    photo = Task("sick", "t", (Column("photo", "image"),), "sick", "binary", "accuracy")
    assert trunks(model, photo) == []
    model.parts["joint"].passes.clear()  # never trained: what it gives, a probe gives
    assert trunks(model, Task("a", "t", (Column("text"),), "a", "binary", "accuracy")) == []
    both = (Column("photo", "image"), Column("note"))
    with pytest.raises(ConfigError, match="texts or an image, not both"):
        trunks(model, Task("sick", "t", both, "sick", "binary", "accuracy"))


def test_another_encoder_is_no_host(world, model) -> None:
    from polytask.learning.encoders.tiny import tiny_text_encoder

    other = tiny_text_encoder(world.texts, seed=1)
    part = NeuralPart(other, {"intent": head_for(world.tasks["intent"], other.dim)})
    assert host(model, part) == ""
    assert isinstance(trunks(model, world.tasks["about"])[0], Trunk)
