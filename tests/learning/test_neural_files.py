from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from polytask._errors import ModelError
from polytask.learning.encoders.text import TextEncoder
from polytask.learning.neural_files import load_head
from polytask.learning.neural_part import NeuralPart, head_for
from polytask.tasks.task import Column, Task

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def trained(world, tiny_folder: str) -> NeuralPart:
    """A part whose upper layer is no longer that of the folder it came from."""
    encoder = TextEncoder.load(tiny_folder)
    encoder.remember()
    encoder.freeze(1)
    with torch.no_grad():
        for value in encoder.parameters():
            if value.requires_grad:
                value.add_(0.01)
    return NeuralPart(encoder, {"intent": head_for(world.tasks["intent"], encoder.dim)})


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_a_candidate_keeps_only_what_differs(trained, world, tmp_path: Path) -> None:
    inputs = world.fold.dev["talk"].inputs
    trained.save(tmp_path / "all")
    trained.save(tmp_path / "changes", complete=False)
    assert size(tmp_path / "changes") < 0.7 * size(tmp_path / "all")
    again = NeuralPart.load(tmp_path / "changes")
    expected = trained.scores(inputs, ["intent"])["intent"]
    assert np.array_equal(again.scores(inputs, ["intent"])["intent"], expected)
    assert again.encoder.digest() == trained.encoder.digest()
    again.save(tmp_path / "again", complete=False)
    assert size(tmp_path / "again") == size(tmp_path / "changes")


def test_a_candidate_does_not_load_over_other_weights(
    trained, tiny_folder: str, tmp_path: Path
) -> None:
    trained.save(tmp_path, complete=False)
    other = TextEncoder.load(tiny_folder)
    with torch.no_grad():
        next(other.parameters()).add_(1.0)
    other.save(type(tmp_path)(tiny_folder))
    with pytest.raises(ModelError, match="was trained from other weights than"):
        NeuralPart.load(tmp_path)


def test_an_encoder_without_source_is_written_whole(tiny, world, tmp_path: Path) -> None:
    part = NeuralPart(tiny, {"intent": head_for(world.tasks["intent"], tiny.dim)})
    part.save(tmp_path, complete=False)
    assert (tmp_path / "encoder" / "model.safetensors").is_file()


def test_a_head_is_read_alone(trained, tmp_path: Path) -> None:
    trained.save(tmp_path, complete=False)
    (tmp_path / "changes.safetensors").unlink()
    head = load_head(tmp_path, "intent")
    assert torch.equal(head.linear.weight, trained.heads["intent"].linear.weight)
    with pytest.raises(ModelError, match="has no task 'intend'; known: intent"):
        load_head(tmp_path, "intend")


def test_a_candidate_trained_at_another_image_size_reads_images_at_it(tmp_path: Path) -> None:
    from transformers import MobileNetV2Config, MobileNetV2Model

    from polytask.learning.encoders.image import ImageEncoder
    from polytask.learning.encoders.pixels import Pixels

    torch.manual_seed(0)
    model = MobileNetV2Model(MobileNetV2Config(depth_multiplier=0.25, min_depth=4))
    ImageEncoder(model, pixels=Pixels(32)).save(tmp_path / "base")
    encoder = ImageEncoder.load(tmp_path / "base")
    encoder.resize(64)
    encoder.remember()
    task = Task(
        "sick", "scans", (Column("scan", "image"),), "sick", "binary", "accuracy", ("n", "y")
    )
    part = NeuralPart(encoder, {"sick": head_for(task, encoder.dim)}, recipe="FineTune()")
    for complete in (False, True):
        part.save(tmp_path / str(complete), complete=complete)
        found = NeuralPart.load(tmp_path / str(complete)).encoder
        assert isinstance(found, ImageEncoder)
        assert found.pixels.size == 64
        assert found.digest() == encoder.digest()
