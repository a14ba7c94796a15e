from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import torch

from polytask._errors import ConfigError, ModelError
from polytask.learning.encoders.text import TextEncoder, pool
from polytask.learning.encoders.tiny import tiny_text_encoder
from polytask.tasks.task import Column, Inputs

if TYPE_CHECKING:
    from pathlib import Path

ROWS = Inputs(
    (Column("words", tokens=True),),
    {"words": [["the", "cat"], ["sat"] * 40, ["the"], ["a", "", "mat"]]},
)


@pytest.fixture
def encoder() -> TextEncoder:
    return tiny_text_encoder(["the cat sat on a mat"], max_length=16).eval()


def features(encoder: TextEncoder, rows: Inputs = ROWS, index: tuple[int, ...] = (0, 1, 2, 3)):
    with torch.no_grad():
        return encoder(encoder.collate(encoder.prepare(rows), index))


def test_vector_is_the_mean_over_sub_words_and_tokens_their_hidden_states(encoder) -> None:
    found = features(encoder, index=(0,))
    ids = torch.tensor([encoder.tokenizer("the cat")["input_ids"]])
    with torch.no_grad():
        hidden = encoder.model(input_ids=ids).last_hidden_state[0]
    assert torch.allclose(found.vector[0], hidden.mean(0), atol=1e-6)
    assert torch.allclose(found.tokens[0], hidden[1:3], atol=1e-6)


def test_rows_do_not_see_their_neighbours(encoder) -> None:
    together = features(encoder)
    for i, length in enumerate(together.mask.sum(1).tolist()):
        alone = features(encoder, index=(i,))
        assert torch.allclose(alone.vector[0], together.vector[i], atol=1e-5)
        assert torch.allclose(alone.tokens[0, :length], together.tokens[i, :length], atol=1e-5)


def test_windowed_rows_have_a_vector_for_every_token(encoder) -> None:
    assert features(encoder).mask.sum(1).tolist() == [2, 40, 1, 3]


@pytest.mark.parametrize("layers", [0, 1, 2])
def test_lower_and_upper_make_the_whole(encoder, layers: int) -> None:
    whole = features(encoder)
    encoder.freeze(layers)
    split = features(encoder)
    assert torch.equal(whole.vector, split.vector)
    assert torch.equal(whole.tokens, split.tokens)


def test_freezing_fixes_embeddings_and_lower_layers_alone(encoder) -> None:
    encoder.freeze(1)
    trained = {name for name, value in encoder.named_parameters() if value.requires_grad}
    assert trained
    assert all(name.startswith("model.encoder.layer.1.") for name in trained)
    encoder.freeze(0, embeddings=False)
    assert all(value.requires_grad for value in encoder.parameters())


def test_frozen_layers_answer_alike_in_training(encoder) -> None:
    encoder.set_dropout(0.5)
    encoder.freeze(1)
    encoder.train()
    batch = encoder.collate(encoder.prepare(ROWS), [0, 2])
    assert torch.equal(encoder.lower(batch), encoder.lower(batch))
    assert not torch.equal(encoder(batch).vector, encoder(batch).vector)


def test_more_layers_than_there_are_is_refused(encoder) -> None:
    with pytest.raises(ConfigError, match="has 2 layers that can be fixed; asked for 3"):
        encoder.freeze(3)


def test_without_its_top_layers_it_is_an_encoder_of_its_own(encoder, tmp_path: Path) -> None:
    batch = encoder.collate(encoder.prepare(ROWS), [0, 1])
    encoder.freeze(1)
    lowest = pool(encoder.lower(batch), batch).vector
    encoder.shorten(1)
    encoder.freeze(0)
    assert encoder.depth == len(encoder.blocks()) == 1
    assert torch.allclose(encoder(batch).vector, lowest, atol=1e-6)
    encoder.save(tmp_path)
    again = TextEncoder.load(tmp_path)
    assert again.depth == 1
    assert again.digest() == encoder.digest()


def test_one_layer_stays(encoder) -> None:
    with pytest.raises(ConfigError, match="has 2 layers, of which one must stay"):
        encoder.shorten(2)


def test_saving_and_loading_keeps_every_bit(encoder, tmp_path: Path) -> None:
    encoder.prefix = "a "
    encoder.freeze(1)
    encoder.save(tmp_path)
    again = TextEncoder.load(tmp_path).eval()
    assert again.digest() == encoder.digest()
    assert (again.prefix, again.max_length) == ("a ", 16)
    assert torch.equal(features(again).tokens, features(encoder).tokens)
    assert not list(tmp_path.glob("*.bin"))


def test_the_digest_tells_weights_and_preparation_apart(encoder) -> None:
    first = encoder.digest()
    encoder.max_length = 8
    shorter = encoder.digest()
    encoder.max_length = 16
    with torch.no_grad():
        next(iter(encoder.parameters()))[0, 0] += 1e-3
    assert len({first, shorter, encoder.digest()}) == 3


def test_a_folder_of_sentence_transformers_gives_its_prompt(encoder, tmp_path: Path) -> None:
    encoder.save(tmp_path)
    (tmp_path / "polytask.json").unlink()
    kept = {"prompts": {"query": "query: "}, "default_prompt_name": "query"}
    (tmp_path / "config_sentence_transformers.json").write_text(json.dumps(kept))
    assert TextEncoder.load(tmp_path).prefix == "query: "
    (tmp_path / "config_sentence_transformers.json").write_text('{"prompts": {}}')
    assert TextEncoder.load(tmp_path).prefix == ""


def _cut_weights(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:2000])


def _lose_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def _lose_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def _break_json(folder: Path) -> None:
    (folder / "config.json").write_text("{not json")


def _strip_weights(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = folder / "model.safetensors"
    kept = {k: v for k, v in load_file(path).items() if "layer.1" not in k}
    save_file(kept, path, metadata={"format": "pt"})


@pytest.mark.parametrize(
    "spoil",
    [
        _cut_weights,
        _lose_weights,
        _lose_config,
        _break_json,
        _strip_weights,
    ],
)
def test_a_damaged_folder_is_named_with_the_way_out(encoder, tmp_path: Path, spoil: Any) -> None:
    encoder.save(tmp_path)
    spoil(tmp_path)
    with pytest.raises(ModelError, match=str(tmp_path)):
        TextEncoder.load(tmp_path)


def test_loading_leaves_the_random_state_alone(encoder, tmp_path: Path) -> None:
    encoder.save(tmp_path)
    before = torch.get_rng_state()
    TextEncoder.load(tmp_path)
    assert torch.equal(before, torch.get_rng_state())
