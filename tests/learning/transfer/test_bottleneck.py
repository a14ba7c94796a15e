from __future__ import annotations

import numpy as np
import pytest
import torch

from polytask._errors import ConfigError
from polytask.learning.balancing.aggregators import PCGrad
from polytask.learning.encoders.text import TextEncoder
from polytask.learning.neural_part import NeuralPart, head_for
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.recipe import Context
from polytask.learning.training import Run
from polytask.learning.transfer.bottleneck import Bottleneck

NAMES = ("intent", "slots", "about")
TABLE = {"intent": "talk", "slots": "talk", "about": "notes"}


@pytest.fixture
def part(world, tiny_folder: str) -> NeuralPart:
    """Three tasks over a pretrained encoder whose upper layer is trained."""
    encoder = TextEncoder.load(tiny_folder)
    encoder.remember()
    encoder.freeze(1)
    return NeuralPart(encoder, {name: head_for(world.tasks[name], encoder.dim) for name in NAMES})


def trained(part: NeuralPart) -> None:
    """Adapters that say something."""
    Bottleneck(width=4).put(part.encoder, NAMES)
    with torch.no_grad():
        for number in part.encoder.adapters.parameters():
            number.normal_()


def test_a_step_moves_the_adapters_of_its_tasks_alone(world, part) -> None:
    encoder, fold = part.encoder, world.pick(*NAMES)[1]
    inputs = fold.dev["talk"].inputs
    before = part.scores(inputs, ["intent"])["intent"]
    Bottleneck(width=4).put(encoder, NAMES)
    assert np.array_equal(part.scores(inputs, ["intent"])["intent"], before)
    run = Run(part, fold, Context(), FineTune(batch_size=32, transfer=Bottleneck(width=4)))
    for batch in run._batches(0)[:3]:
        owned = {name: [v.clone() for v in encoder.own(name).values()] for name in NAMES}
        losses = run.update(batch, 0)
        assert set(losses) == {name for name in NAMES if TABLE[name] == batch[0][0]}
        for name in NAMES:
            new = encoder.own(name).values()
            same = all(torch.equal(a, b) for a, b in zip(owned[name], new, strict=True))
            assert same == (name not in losses)


@pytest.mark.parametrize("complete", [True, False])
def test_adapters_are_saved_and_dropped_with_their_task(world, part, tmp_path, complete) -> None:
    trained(part)
    inputs = world.fold.dev["talk"].inputs
    expected = part.scores(inputs, ["intent", "slots"])
    part.save(tmp_path / "all", complete=complete)
    again = NeuralPart.load(tmp_path / "all").scores(inputs, ["slots", "intent"])
    assert np.array_equal(again["intent"], expected["intent"])
    assert all(map(np.array_equal, again["slots"], expected["slots"]))
    part.only(["intent"]).save(tmp_path / "alone", complete=complete)
    files = sorted(path.name for path in (tmp_path / "alone" / "heads").iterdir())
    assert files == ["0.adapter.safetensors", "0.safetensors"]
    alone = NeuralPart.load(tmp_path / "alone")
    assert np.array_equal(alone.scores(inputs, ["intent"])["intent"], expected["intent"])
    assert not alone.encoder.own("slots")


def test_where_it_cannot_be_it_is_refused(tiny, monkeypatch) -> None:
    with pytest.raises(ConfigError, match=r"Bottleneck gives each task .* `balancer` PCGrad"):
        FineTune(transfer=Bottleneck(), balancer=PCGrad())
    with pytest.raises(ConfigError, match="one of 0 to 1; choose another `lowest`"):
        Bottleneck(lowest=2).put(tiny, ["intent"])
    monkeypatch.setattr(tiny, "blocks", list)
    with pytest.raises(ConfigError, match="does not tell its layers; choose another"):
        Bottleneck().put(tiny, ["intent"])
