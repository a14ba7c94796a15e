"""A language model as the shared backbone of heads: probed, tuned, adapted, saved."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from polytask._catalogue import parse
from polytask._errors import ConfigError
from polytask.learning.encoders.causal import CausalEncoder
from polytask.learning.encoders.siamese import Siamese
from polytask.learning.encoders.tiny import tiny_causal_encoder
from polytask.learning.part_files import load_part
from polytask.learning.recipes import RECIPES
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.masked_tokens import MaskedTokens
from polytask.learning.recipes.probe import Probe
from polytask.learning.recipes.recipe import Context
from polytask.learning.recipes.top_layers import TopLayers
from polytask.learning.transfer import TRANSFERS
from polytask.learning.transfer.peft_methods import LoRA
from polytask.tasks.task import Column, Fold, Inputs, Rows, Task

ADDING = [
    text
    for text in ("LoRA(r=2)", "DoRA(r=2)", "IA3()", "Bottleneck(width=4)")
    if text.partition("(")[0] in TRANSFERS
]


@pytest.fixture
def folder(world, tmp_path_factory) -> str:
    made = tmp_path_factory.mktemp("llama")
    tiny_causal_encoder(world.texts, depth=3).save(made)
    return str(made)


@pytest.mark.slow
@pytest.mark.parametrize(
    "recipe",
    [
        Probe(),
        FineTune(epochs=1, batch_size=16),
        FineTune(epochs=1, batch_size=16, transfer=LoRA(r=2), learning_rate=1e-3),
        TopLayers(layers=1, epochs=1),
    ],
    ids=["probe", "tuned", "lora", "top"],
)
def test_tasks_of_every_kind_learn_on_one_and_come_back_alike(
    world, folder, tmp_path, recipe
) -> None:
    names = ["intent", "slots"] if isinstance(recipe, Probe) else list(world.tasks)
    tasks, fold = world.pick(*names)
    part = recipe.fit(tasks, fold, Context(encoder=folder, threads=1, dtype="float32"))
    assert isinstance(part.encoder, CausalEncoder)
    inputs = fold.dev["talk"].inputs
    for complete in (True, False):
        part.save(tmp_path / str(complete), complete=complete)
        again = load_part(tmp_path / str(complete))
        for name in ("intent", "slots"):
            before, after = part.scores(inputs, [name])[name], again.scores(inputs, [name])[name]
            assert all(np.isfinite(row).all() for row in before)
            assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(before, after, strict=True))


def test_lora_goes_into_the_layers_that_are_named_and_no_other_number_moves(
    world, folder, tmp_path
) -> None:
    tasks, fold = world.pick("intent", "slots")
    context = Context(encoder=folder, threads=1, dtype="float32")
    lora = LoRA(r=2, target_modules=["q_proj", "v_proj"])
    part = FineTune(epochs=2, transfer=lora, learning_rate=1e-2).fit(tasks, fold, context)
    changed = part.encoder.changed()
    assert {name.split(".lora_")[0].rpartition(".")[2] for name in changed} == {"q_proj", "v_proj"}
    assert len(changed) == 2 * 2 * 3  # A and B of two layers in each of three blocks
    assert any(value.abs().sum() > 0 for name, value in changed.items() if "lora_B" in name)
    part.save(tmp_path, complete=False)
    assert not list(tmp_path.glob("encoder/*.safetensors"))  # what is added is all that is kept


def test_all_linear_layers_are_adapted_unless_some_are_named(folder) -> None:
    encoder = CausalEncoder.load(folder)
    encoder.freeze(1)
    LoRA(r=2).put(encoder)
    found = {name.split(".lora_")[0].rpartition(".")[2] for name in encoder.added()}
    wanted = {f"{one}_proj" for one in ("q", "k", "v", "o", "gate", "up", "down")}
    assert found == wanted
    assert not any(".layers.0." in name for name in encoder.added())


@pytest.mark.parametrize("text", ADDING)
def test_other_methods_change_nothing_before_training(world, folder, text: str) -> None:
    encoder = CausalEncoder.load(folder)
    batch = encoder.collate(encoder.prepare(world.fold.dev["notes"].inputs), range(4))
    with torch.no_grad():
        before = encoder.eval()(batch).vector
        encoder.freeze(1)
        TRANSFERS.build(parse(text)).put(encoder, ["grade"])
        encoder.speak(["grade"])
        assert torch.allclose(encoder.eval()(batch).vector, before, atol=1e-5)
    encoder.train()(batch).vector.square().sum().backward()
    assert any(value.grad is not None for value in encoder.parameters())


def test_pairs_are_probed_by_reading_each_text_alone(folder, world) -> None:
    count = 24
    columns = (Column("a"), Column("b"))
    inputs = Inputs(columns, {"a": world.texts[:count], "b": world.texts[count : 2 * count]})
    rows = Rows(inputs, {"same": ["yes", "no"] * (count // 2)}, np.arange(count))
    task = Task("same", "pairs", columns, "same", "binary", "accuracy", ("no", "yes"))
    part = Probe().fit([task], Fold({"pairs": rows}, {"pairs": rows}), Context(encoder=folder))
    assert isinstance(part.encoder, Siamese)
    assert isinstance(part.encoder.inner, CausalEncoder)


def test_masked_tokens_are_refused(world, folder) -> None:
    tasks, fold = world.pick("intent")
    with pytest.raises(ConfigError, match="sees both sides of a gap; found CausalEncoder"):
        MaskedTokens(epochs=1).fit(tasks, fold, Context(encoder=folder, threads=1))
    assert "MaskedTokens" in RECIPES
