from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from polytask._errors import ConfigError
from polytask.learning.balancing.aggregators import PCGrad
from polytask.learning.part_files import load_part
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.recipe import Context
from polytask.learning.transfer.adapter_fusion import AdapterFusion
from polytask.learning.transfer.bottleneck import Bottleneck

FUSING = FineTune(epochs=2, learning_rate=1e-2, dropout=0.0, transfer=AdapterFusion())


@pytest.fixture
def context(world, tiny_folder, tmp_path) -> Context:
    """Starts from a part with adapters for `slots` and `about`."""
    recipe = FineTune(epochs=1, learning_rate=1e-2, transfer=Bottleneck(width=4))
    context = Context(encoder=tiny_folder, threads=1, dtype="float32")
    (tmp_path / "adapters").mkdir()
    recipe.fit(*world.pick("slots", "about"), context).save(tmp_path / "adapters", complete=False)
    return replace(context, start=tmp_path / "adapters")


def test_only_the_attention_of_the_task_is_trained(world, context) -> None:
    before = load_part(context.start).encoder
    kept = before.yields()
    part = FUSING.fit(*world.pick("grade"), context)
    encoder = part.encoder
    assert encoder.transfer == "AdapterFusion(sources=('slots', 'about'), width=4, lowest=0)"
    trained = {name for name, value in encoder.named_parameters() if value.requires_grad}
    assert trained == set(encoder.own("grade"))
    assert all("adapters.sets." in name for name in trained)
    held = encoder.state_dict()
    for name, value in before.state_dict().items():  # the pretrained numbers
        assert torch.equal(held[name], value)
    numbers = [n for each in kept.values() for n in each.parameters()]
    assert all(map(torch.equal, numbers, encoder.sources.parameters()))
    value = encoder.adapters.sets[next(iter(encoder.adapters.sets))][0].value.weight
    assert not torch.equal(value, torch.eye(encoder.dim))


@pytest.mark.parametrize("complete", [True, False])
def test_it_is_saved_read_and_cut_to_a_task(world, context, tmp_path, complete) -> None:
    part = FUSING.fit(*world.pick("grade", "intent"), context)
    inputs = world.fold.dev["notes"].inputs
    expected = part.scores(inputs, ["grade"])["grade"]
    part.save(tmp_path / "all", complete=complete)
    again = load_part(tmp_path / "all")
    assert np.array_equal(again.scores(inputs, ["grade"])["grade"], expected)
    assert again.encoder.digest() == part.encoder.digest()
    part.only(["grade"]).save(tmp_path / "alone", complete=complete)
    alone = load_part(tmp_path / "alone")
    assert np.array_equal(alone.scores(inputs, ["grade"])["grade"], expected)
    assert not alone.encoder.own("intent")


def test_one_source_is_at_first_its_adapter(world, context) -> None:
    start = load_part(context.start).encoder
    prepared = start.prepare(world.fold.dev["notes"].inputs)
    batch = start.collate(prepared, range(4))
    start.speak(["about"])
    with torch.no_grad():
        expected = start(batch).vector
    start.freeze(0)
    AdapterFusion(sources=["about"]).put(start, ["grade"])
    start.speak(["grade"])
    with torch.no_grad():
        assert torch.allclose(start.eval()(batch).vector, expected, atol=1e-5)


def test_a_task_goes_on_from_a_part_with_adapters_alone(world, context, tmp_path) -> None:
    tasks, fold = world.pick("grade")
    with pytest.raises(ConfigError, match=r"builds on a part: .* `transfer=Bottleneck\(\)`"):
        FUSING.fit(tasks, fold, replace(context, start=None))
    with pytest.raises(ConfigError, match="`sources` names 'abut': did you mean 'about'"):
        wrong = replace(FUSING, transfer=AdapterFusion(sources=["abut"]))
        wrong.fit(tasks, fold, context)
    FineTune(epochs=1).fit(tasks, fold, replace(context, start=None)).save(tmp_path / "plain")
    with pytest.raises(ConfigError, match=r"Bottleneck has added .* FineTune\(transfer=Bottleneck"):
        FUSING.fit(tasks, fold, replace(context, start=tmp_path / "plain"))
    with pytest.raises(ConfigError, match="no transfer has added numbers"):
        FineTune(epochs=1).fit(tasks, fold, context)


def test_what_cannot_be_is_refused_as_it_is_read(tiny) -> None:
    with pytest.raises(ConfigError, match=r"AdapterFusion gives each task .* `balancer` PCGrad"):
        FineTune(transfer=AdapterFusion(), balancer=PCGrad())
    for sources in ("grade", 3, (1, 2)):
        with pytest.raises(ConfigError, match="`sources` of AdapterFusion is a list of names"):
            AdapterFusion(sources=sources)
    with pytest.raises(ConfigError, match=r"`width` and `lowest` .* are read off the part"):
        AdapterFusion(width=8)
    with pytest.raises(ConfigError, match="attends over adapters: give train"):
        AdapterFusion().put(tiny, ["grade"])
