from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from polytask._errors import ModelError
from polytask.learning.neural_part import NeuralPart, encode, head_for, merge

if TYPE_CHECKING:
    from pathlib import Path

ON_TOKENS = ["intent", "slots", "score"]


@pytest.fixture
def part(world, tiny) -> NeuralPart:
    torch.manual_seed(0)
    heads = {name: head_for(world.tasks[name], tiny.dim) for name in ON_TOKENS}
    return NeuralPart(tiny, heads, recipe="FineTune()", passes={"intent": 3.0})


@pytest.fixture
def inputs(world):
    return world.fold.dev["talk"].inputs


def same(first: Any, second: Any) -> bool:
    if isinstance(first, list):
        return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    return np.array_equal(first, second)


def test_scores_come_in_the_order_of_the_rows(part, inputs) -> None:
    together = part.scores(inputs, ON_TOKENS)
    assert together["intent"].shape == (len(inputs), 3)
    assert together["score"].shape == (len(inputs),)
    for i in (0, 7, 29):
        alone = part.scores(inputs.take([i]), ON_TOKENS)
        assert np.allclose(alone["intent"][0], together["intent"][i], atol=1e-5)
        assert np.allclose(alone["slots"][0], together["slots"][i], atol=1e-5)
        assert len(together["slots"][i]) == len(inputs.values["tokens"][i])


def test_one_encoder_pass_answers_all_tasks(part, inputs, monkeypatch) -> None:
    calls = []
    upper = part.encoder.upper
    monkeypatch.setattr(part.encoder, "upper", lambda *a: calls.append(1) or upper(*a))
    part.scores(inputs, ON_TOKENS)
    assert len(calls) == 1


def test_no_rows_give_empty_scores(part, inputs) -> None:
    found = part.scores(inputs.take([]), ON_TOKENS)
    assert found["intent"].shape == (0, 3)
    assert found["score"].shape == (0,)
    assert found["slots"] == []


def test_adding_and_dropping_a_head_leaves_the_other_answers_alone(part, world, inputs) -> None:
    before = part.scores(inputs, ["intent"])["intent"]
    part.drop("slots")
    part.add(head_for(world.tasks["grade"], part.encoder.dim))
    assert list(part.tasks) == ["intent", "score", "grade"]
    assert same(part.scores(inputs, ["intent"])["intent"], before)


def test_bfloat16_scores_are_near(part, inputs) -> None:
    exact = part.scores(inputs, ["intent"])["intent"]
    part.dtype = "bfloat16"
    near = part.scores(inputs, ["intent"])["intent"]
    assert near.dtype == np.float32
    assert 0 < np.abs(near - exact).max() < 0.05


def test_saving_and_loading_keeps_every_bit(part, inputs, tmp_path: Path) -> None:
    before = part.scores(inputs, ON_TOKENS)
    part.save(tmp_path)
    again = NeuralPart.load(tmp_path)
    after = again.scores(inputs, ON_TOKENS)
    assert all(same(before[name], after[name]) for name in ON_TOKENS)
    assert (again.recipe, again.passes) == ("FineTune()", {"intent": 3.0})
    assert again.tasks == part.tasks
    assert again.parameters == part.parameters
    suffixes = {path.suffix for path in tmp_path.rglob("*") if path.is_file()}
    assert suffixes == {".json", ".safetensors"}


def test_numbers_are_counted_once(part) -> None:
    assert part.parameters == sum(p.numel() for p in part.encoder.parameters()) + 33 * (3 + 2 + 1)


def test_features_are_those_of_the_encoder(part, inputs) -> None:
    found = encode(part.encoder, inputs, tokens=True)
    assert found.vectors.shape == (len(inputs), 32)
    assert [len(t) for t in found.tokens] == [len(w) for w in inputs.values["tokens"]]
    assert encode(part.encoder, inputs).tokens is None
    with torch.no_grad():
        batch = part.encoder.collate(part.encoder.prepare(inputs), [4])
        alone = part.encoder(batch)
    assert np.allclose(found.vectors[4], alone.vector[0].numpy(), atol=1e-5)
    assert np.allclose(found.tokens[4], alone.tokens[0].numpy(), atol=1e-5)


def test_parts_over_the_same_weights_become_one(part, world, tiny_folder, inputs) -> None:
    from polytask.learning.encoders.text import TextEncoder

    second = NeuralPart(
        TextEncoder.load(tiny_folder), {"grade": head_for(world.tasks["grade"], 32)}
    )
    other = TextEncoder.load(tiny_folder)
    with torch.no_grad():
        next(other.parameters()).add_(1.0)
    third = NeuralPart(other, {"about": head_for(world.tasks["about"], 32)})
    merged = merge([part, second, third])
    assert [list(found.tasks) for found in merged] == [[*ON_TOKENS, "grade"], ["about"]]
    assert same(
        merged[0].scores(inputs, ["intent"])["intent"], part.scores(inputs, ["intent"])["intent"]
    )
    assert list(part.tasks) == ON_TOKENS


def _no_json(folder: Path) -> None:
    (folder / "part.json").write_text("{")


def _newer(folder: Path) -> None:
    content = json.loads((folder / "part.json").read_text())
    (folder / "part.json").write_text(json.dumps({**content, "format": 99}))


def _foreign_encoder(folder: Path) -> None:
    content = json.loads((folder / "part.json").read_text())
    content["encoder"]["kind"] = "os.system"
    (folder / "part.json").write_text(json.dumps(content))


def _foreign_head(folder: Path) -> None:
    content = json.loads((folder / "part.json").read_text())
    content["heads"]["intent"]["kind"] = "Quantum"
    (folder / "part.json").write_text(json.dumps(content))


def _keys_missing(folder: Path) -> None:
    content = json.loads((folder / "part.json").read_text())
    del content["heads"]["intent"]["file"]
    (folder / "part.json").write_text(json.dumps(content))


def _cut_head(folder: Path) -> None:
    path = folder / "heads" / "0.safetensors"
    path.write_bytes(path.read_bytes()[:50])


def _cut_encoder(folder: Path) -> None:
    path = folder / "encoder" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:5000])


def _other_head(folder: Path) -> None:
    data = (folder / "heads" / "1.safetensors").read_bytes()
    (folder / "heads" / "0.safetensors").write_bytes(data)


SPOILED = [
    _no_json,
    _newer,
    _foreign_encoder,
    _foreign_head,
    _keys_missing,
    _cut_head,
    _cut_encoder,
    _other_head,
]


@pytest.mark.parametrize("spoil", SPOILED)
def test_a_damaged_part_is_refused_by_name(part, tmp_path: Path, spoil: Any) -> None:
    part.save(tmp_path)
    spoil(tmp_path)
    with pytest.raises(ModelError, match=str(tmp_path)):
        NeuralPart.load(tmp_path)
