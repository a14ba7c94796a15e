"""A decoder keeps the contract of encoders; what differs is what a word can know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from polytask._errors import ConfigError, ModelError
from polytask.learning.encoders import encoder_for
from polytask.learning.encoders.causal import CausalEncoder, text_encoder
from polytask.learning.encoders.siamese import Siamese
from polytask.learning.encoders.text import TextEncoder
from polytask.learning.encoders.tiny import tiny_causal_encoder, tiny_text_encoder
from polytask.learning.recipes.recipe import Context
from polytask.tasks.task import Column, Inputs

if TYPE_CHECKING:
    from pathlib import Path

TEXT = ["the cat sat on a mat", "it was a good day"]
ROWS = Inputs(
    (Column("words", tokens=True),),
    {"words": [["the", "cat"], ["sat"] * 40, ["day"], ["mat", "good", "it"]]},
)
TEXTS = Inputs((Column("text"),), {"text": ["the cat sat", "", "it was a good day", None]})


@pytest.fixture(params=["mean", "last"])
def encoder(request: pytest.FixtureRequest) -> CausalEncoder:
    return tiny_causal_encoder(TEXT, depth=3, max_length=24, pooling=request.param).eval()


def features(encoder: TextEncoder, rows: Inputs = ROWS, index: tuple[int, ...] = (0, 1, 2, 3)):
    with torch.no_grad():
        return encoder(encoder.collate(encoder.prepare(rows), index))


def hidden_of(encoder: CausalEncoder, text: str) -> torch.Tensor:
    ids = torch.tensor([encoder.tokenizer(text)["input_ids"]])
    with torch.no_grad():
        return encoder.model(input_ids=ids).last_hidden_state[0]


def test_the_vector_is_the_mean_over_the_sub_words_or_the_last_of_them(encoder) -> None:
    found = features(encoder, TEXTS, (0, 2)).vector
    for i, text in enumerate(("the cat sat", "it was a good day")):
        hidden = hidden_of(encoder, text)
        wanted = hidden[1:].mean(0) if encoder.pooling == "mean" else hidden[-1]
        assert torch.allclose(found[i], wanted, atol=1e-5)


@pytest.mark.parametrize("rows", [ROWS, TEXTS], ids=["tokens", "texts"])
def test_rows_do_not_see_their_neighbours(encoder, rows: Inputs) -> None:
    together = features(encoder, rows)
    assert torch.isfinite(together.vector).all()
    for i in range(4):
        alone = features(encoder, rows, (i,))
        assert torch.allclose(alone.vector[0], together.vector[i], atol=1e-5)
        if together.tokens is not None:
            length = int(together.mask[i].sum())
            assert torch.allclose(alone.tokens[0, :length], together.tokens[i, :length], atol=1e-5)


def test_a_token_has_the_vector_of_its_last_sub_word(encoder) -> None:
    rows = Inputs((Column("words", tokens=True),), {"words": [["zebras", "sat"]]})
    ids = encoder.prepare(rows).items[0].sequences[0]
    assert ids == encoder.tokenizer("zebras sat")["input_ids"]  # as the words of a text
    assert len(ids) > 3
    hidden = hidden_of(encoder, "zebras sat")
    last = len(encoder.tokenizer("zebras")["input_ids"]) - 1
    assert torch.allclose(features(encoder, rows, (0,)).tokens[0, 0], hidden[last], atol=1e-6)


def test_what_stands_behind_a_token_changes_nothing_of_it(encoder) -> None:
    rows = Inputs((Column("words", tokens=True),), {"words": [["the", "cat"], ["the", "mat"]]})
    tokens = features(encoder, rows, (0, 1)).tokens
    assert torch.allclose(tokens[0, 0], tokens[1, 0], atol=1e-6)
    assert not torch.allclose(tokens[0, 1], tokens[1, 1], atol=1e-3)


def test_long_lists_have_a_vector_for_every_token_and_context_before_it(encoder) -> None:
    prepared = encoder.prepare(ROWS)
    assert features(encoder).mask.sum(1).tolist() == [2, 40, 1, 3]
    places = prepared.items[1].places
    assert all(position > 0 for _, position in places.tolist())
    first = next(position for window, position in places.tolist() if window > 0)
    assert first > 1  # the words of the seam are read where they have words before them


@pytest.mark.parametrize("layers", [0, 1, 2, 3])
def test_lower_and_upper_make_the_whole(encoder, layers: int) -> None:
    whole = features(encoder)
    encoder.freeze(layers)
    batch = encoder.collate(encoder.prepare(ROWS), (0, 1, 2, 3))
    assert encoder.lower(batch).is_floating_point()
    split = encoder.upper(encoder.lower(batch), batch)
    assert torch.allclose(whole.vector, split.vector, atol=1e-6)
    assert torch.allclose(whole.tokens, split.tokens, atol=1e-6)


def test_frozen_layers_get_no_gradient(encoder) -> None:
    encoder.freeze(2)
    encoder(encoder.collate(encoder.prepare(TEXTS), [0, 2])).vector.sum().backward()
    moved = {name for name, value in encoder.named_parameters() if value.grad is not None}
    assert moved
    assert all(name.startswith(("model.layers.2.", "model.norm")) for name in moved)
    strata = [{id(one) for one in layer.parameters()} for layer in encoder.strata()]
    assert len(strata) == 4
    assert set.union(*strata) == {id(one) for one in encoder.parameters()}


def test_embedded_words_lead_to_the_same_features(encoder) -> None:
    batch = encoder.collate(encoder.prepare(TEXTS), [0, 2])
    words = encoder.embedded(encoder.lower(batch), batch)
    assert torch.allclose(encoder.upper(words, batch).vector, encoder(batch).vector, atol=1e-6)


def test_saved_and_loaded_it_has_the_same_digest_and_features(encoder, tmp_path: Path) -> None:
    encoder.freeze(1)
    encoder.save(tmp_path)
    again = text_encoder(tmp_path).eval()
    assert isinstance(again, CausalEncoder)
    assert again.digest() == encoder.digest()
    assert torch.equal(features(again).tokens, features(encoder).tokens)
    assert torch.equal(features(again).vector, features(encoder).vector)


def test_the_pooling_counts_for_the_digest() -> None:
    digests = {tiny_causal_encoder(TEXT, pooling=one).digest() for one in ("mean", "last")}
    assert len(digests) == 2


def test_without_its_top_layers_it_is_an_encoder_of_its_own(encoder, tmp_path: Path) -> None:
    encoder.shorten(2)
    encoder.save(tmp_path)
    again = text_encoder(tmp_path)
    assert again.depth == 1
    assert again.digest() == encoder.digest()


def test_the_embeddings_that_occur_are_trained_alone_and_come_back(encoder) -> None:
    whole = encoder.digest()
    encoder.narrow([encoder.prepare(TEXTS)])
    narrow = encoder.model.get_input_embeddings()
    assert sum(value.numel() for value in narrow.parameters() if value.requires_grad) < 400 * 32
    batch = encoder.collate(encoder.prepare(TEXTS), [0, 2])
    encoder(batch).vector.sum().backward()
    encoder.widen()
    assert encoder.digest() == whole


def test_pairs_are_read_as_one_text_or_each_alone(encoder, tmp_path: Path) -> None:
    pairs = Inputs((Column("a"), Column("b")), {"a": ["the cat", ""], "b": ["a mat", ""]})
    assert torch.isfinite(features(encoder, pairs, (0, 1)).vector).all()
    both = Siamese(encoder)
    both.save(tmp_path)
    assert isinstance(Siamese.load(tmp_path).inner, CausalEncoder)
    assert both.collate(both.prepare(pairs), [0, 1])["input_ids"].shape[0] == 4


def _family(name: str, **more: Any) -> Any:
    import transformers

    tiny: dict[str, Any] = {
        "vocab_size": 400,
        "hidden_size": 16,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "intermediate_size": 16,
        "max_position_embeddings": 64,
        "attn_implementation": "eager",
        "pad_token_id": 1,
    }
    config = getattr(transformers, f"{name}Config")(**tiny, **more)
    return getattr(transformers, f"{name}Model")(config).eval()


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("Mistral", {"sliding_window": 4}),
        ("Qwen2", {}),
        ("Qwen3", {"head_dim": 8}),
        ("Olmo2", {}),
        ("SmolLM3", {"no_rope_layers": [1, 1, 0]}),
    ],
)
def test_halves_make_the_whole_in_other_families(name: str, more: dict[str, Any]) -> None:
    tokenizer = tiny_causal_encoder(TEXT).tokenizer
    encoder = CausalEncoder(_family(name, **more), tokenizer).eval()
    whole = features(encoder)
    assert encoder.depth == 3
    encoder.freeze(2)
    assert torch.allclose(features(encoder).vector, whole.vector, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "more"), [("Gemma", {"head_dim": 8}), ("GPT2", {}), ("Qwen2", {"mixed": True})]
)
def test_what_cannot_be_cut_is_read_whole(name: str, more: dict[str, Any]) -> None:
    if more.pop("mixed", False):
        more |= {"use_sliding_window": True, "sliding_window": 4, "max_window_layers": 1}
    encoder = CausalEncoder(_family(name, **more), tiny_causal_encoder(TEXT).tokenizer).eval()
    assert encoder.depth == 0
    together = features(encoder)
    assert torch.allclose(features(encoder, index=(2,)).vector[0], together.vector[2], atol=1e-5)
    with pytest.raises(ConfigError, match="has 0 layers that can be fixed"):
        encoder.freeze(1)


def test_the_kind_of_a_folder_is_told_from_its_configuration(tmp_path: Path) -> None:
    tiny_text_encoder(TEXT).save(tmp_path)
    assert type(text_encoder(tmp_path)) is TextEncoder
    tiny_causal_encoder(TEXT).save(tmp_path / "llama")
    found = encoder_for([Column("text")], "en", Context(encoder=str(tmp_path / "llama")))
    assert type(found) is CausalEncoder
    (tmp_path / "llama" / "config.json").write_text("{not json")
    with pytest.raises(ModelError, match="cannot be read as a text encoder"):
        text_encoder(tmp_path / "llama")


def test_an_unknown_pooling_is_refused() -> None:
    with pytest.raises(ConfigError, match="`pooling` is mean or last; found 'max'"):
        tiny_causal_encoder(TEXT, pooling="max")


def test_a_tokenizer_without_special_tokens_is_refused() -> None:
    encoder = tiny_causal_encoder(TEXT)
    for name in ("bos_token", "eos_token", "pad_token"):
        setattr(encoder.tokenizer, name, None)
    with pytest.raises(ModelError, match="knows no special token"):
        CausalEncoder(encoder.model, encoder.tokenizer)
