"""Splitting is tried on the families of encoders that people use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from polytask._errors import MissingError
from polytask.learning.encoders.text import TextEncoder
from polytask.learning.encoders.tiny import tiny_text_encoder
from polytask.learning.encoders.transformer import load_transformer, stack_of
from polytask.tasks.task import Column, Inputs

if TYPE_CHECKING:
    from pathlib import Path

SMALL = {
    "vocab_size": 60,
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "max_position_embeddings": 40,
    "attn_implementation": "eager",
    "pad_token_id": 0,
}
DISTIL = {"vocab_size": 60, "dim": 16, "n_layers": 3, "n_heads": 2, "hidden_dim": 16}


def built(family: str) -> Any:
    import transformers

    own = {"Electra": {"embedding_size": 16}}.get(family, {})
    config = getattr(transformers, f"{family}Config")(
        **(DISTIL if family == "DistilBert" else SMALL), **own
    )
    return getattr(transformers, f"{family}Model")(config).eval()


@pytest.mark.parametrize(
    "family", ["Bert", "Roberta", "XLMRoberta", "MPNet", "Electra", "DistilBert"]
)
def test_halves_make_the_whole(family: str) -> None:
    tokenizer = tiny_text_encoder(["the cat sat"], max_length=32).tokenizer
    encoder = TextEncoder(built(family), tokenizer).eval()
    rows = Inputs((Column("text"),), {"text": ["the cat sat", "cat"]})
    batch = encoder.collate(encoder.prepare(rows), [0, 1])
    with torch.no_grad():
        whole = encoder(batch).vector
        assert encoder.depth == 3
        encoder.freeze(2)
        assert torch.allclose(encoder(batch).vector, whole, atol=1e-6)


def test_a_model_with_something_after_its_layers_is_not_split() -> None:
    from transformers import ModernBertConfig, ModernBertModel

    config = ModernBertConfig(**{**SMALL, "cls_token_id": 1, "sep_token_id": 2})
    assert stack_of(ModernBertModel(config)) is None


@pytest.mark.parametrize("source", ["nowhere", "/not/there", "./a/b"])
def test_what_is_neither_folder_nor_hub_id_is_refused(source: str) -> None:
    with pytest.raises(MissingError, match=r"neither a folder nor a hub id \(a/b\)"):
        load_transformer(source)


def test_a_hub_id_without_network_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from polytask._errors import ModelError

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelError, match="nobody/nothing: cannot be read as a text encoder"):
        load_transformer("nobody/nothing")
