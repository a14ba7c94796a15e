from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from polytask._errors import ModelError
from polytask.learning.encoders.grid import Grid, _grid
from polytask.learning.encoders.image import ImageEncoder
from polytask.learning.encoders.pixels import Pixels
from polytask.learning.neural_part import encode
from polytask.tasks.task import Column, Inputs


def mobilenet() -> ImageEncoder:
    from transformers import MobileNetV2Config, MobileNetV2Model

    torch.manual_seed(0)
    model = MobileNetV2Model(MobileNetV2Config(depth_multiplier=0.25, min_depth=4))
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):  # as made, 50 layers would shrink all to nothing
            torch.nn.init.kaiming_normal_(module.weight)
    return ImageEncoder(model, pixels=Pixels(128)).eval()


def vit() -> ImageEncoder:
    from transformers import ViTConfig, ViTModel

    torch.manual_seed(0)
    config = ViTConfig(hidden_size=16, num_hidden_layers=2, num_attention_heads=2)
    config.intermediate_size, config.image_size, config.patch_size = 32, 32, 8
    return ImageEncoder(ViTModel(config, add_pooling_layer=False), pixels=Pixels(32)).eval()


def images(*arrays: np.ndarray) -> Inputs:
    values = []
    for array in arrays:
        stream = io.BytesIO()
        Image.fromarray(array).save(stream, "PNG")
        values.append(stream.getvalue())
    return Inputs((Column("scan", "image"),), {"scan": values})


@pytest.fixture
def scans() -> Inputs:
    random = np.random.default_rng(0)
    return images(*random.integers(0, 256, (3, 40, 40), dtype=np.uint8))


@pytest.mark.parametrize("make", [mobilenet, vit])
def test_its_vector_begins_with_that_of_the_encoder(make, scans) -> None:
    inner = make()
    plain, grid = encode(inner, scans).vectors, encode(Grid(inner), scans).vectors
    assert np.allclose(grid[:, : inner.dim], plain, atol=1e-5)
    assert grid.shape == (3, Grid(inner).dim)
    assert (grid.shape[1] - inner.dim) % 16 == 0


def test_each_place_is_the_mean_of_its_part_of_a_map() -> None:
    hidden = torch.zeros(1, 2, 8, 8)
    hidden[0, 1, 2:4, 6:8] = 4.0  # of the second channel the place in row 1, column 3
    places = _grid(hidden).reshape(2, 4, 4)
    assert places[1, 1, 3] == 4.0
    assert places.sum() == 4.0


def test_of_a_sequence_the_patches_are_the_places_and_the_first_token_is_none() -> None:
    sequence = torch.cat([torch.full((1, 1, 3), 9.0), torch.arange(48.0).reshape(1, 16, 3)], dim=1)
    places = _grid(sequence).reshape(3, 16)
    assert torch.equal(places, torch.arange(48.0).reshape(16, 3).T)


def test_it_is_read_back_from_a_folder_and_differs_from_the_plain_encoder(tmp_path, scans) -> None:
    encoder = Grid(mobilenet())
    encoder.save(tmp_path)
    again = Grid.load(tmp_path).eval()
    assert again.digest() == encoder.digest() != ImageEncoder.load(tmp_path).digest()
    assert np.array_equal(encode(again, scans).vectors, encode(encoder, scans).vectors)


def test_an_encoder_without_layers_has_no_grid(tmp_path) -> None:
    from transformers import ResNetConfig, ResNetModel

    model = ResNetModel(ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1]))
    ImageEncoder(model, pixels=Pixels(32)).save(tmp_path)
    with pytest.raises(ModelError, match="no grid"):
        Grid.load(tmp_path)
