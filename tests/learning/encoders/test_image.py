"""Image encoders on small random networks."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from PIL import Image

from polytask._errors import ConfigError, MissingError, ModelError
from polytask.learning.encoders.image import ImageEncoder
from polytask.learning.encoders.marks import UNREADABLE
from polytask.learning.encoders.pixels import Pixels
from polytask.tasks.images import check_image
from polytask.tasks.task import Column, Inputs

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 32


def png(seed: int, shape: tuple[int, ...] = (20, 28)) -> bytes:
    array = np.random.default_rng(seed).integers(0, 256, size=shape, dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, "PNG")
    return stream.getvalue()


def images(*values: Any) -> Inputs:
    return Inputs((Column("scan", "image"),), {"scan": list(values)})


def mobilenet(seed: int = 0) -> ImageEncoder:
    from transformers import MobileNetV2Config, MobileNetV2Model

    torch.manual_seed(seed)
    model = MobileNetV2Model(MobileNetV2Config(depth_multiplier=0.25, min_depth=4))
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):  # as made, 50 layers would shrink all to nothing
            torch.nn.init.kaiming_normal_(module.weight)
    return ImageEncoder(model, pixels=Pixels(SIZE)).eval()


def vit() -> ImageEncoder:
    from transformers import ViTConfig, ViTModel

    torch.manual_seed(0)
    config = ViTConfig(hidden_size=16, num_hidden_layers=2, num_attention_heads=2)
    config.intermediate_size, config.image_size, config.patch_size = 32, SIZE, 8
    return ImageEncoder(ViTModel(config, add_pooling_layer=False), pixels=Pixels(SIZE)).eval()


def resnet() -> ImageEncoder:
    from transformers import ResNetConfig, ResNetModel

    torch.manual_seed(0)
    config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1])
    return ImageEncoder(ResNetModel(config), pixels=Pixels(SIZE)).eval()


KINDS = [mobilenet, vit, resnet]


def vectors(encoder: ImageEncoder, inputs: Inputs) -> torch.Tensor:
    prepared = encoder.prepare(inputs)
    with torch.no_grad():
        return encoder(encoder.collate(prepared, range(len(inputs)))).vector


@pytest.mark.parametrize("make", KINDS)
def test_a_row_has_the_same_vector_in_any_batch(make: Any) -> None:
    encoder = make()
    rows = [png(i) for i in range(3)] + [png(9, (9, 40, 3))]
    together = vectors(encoder, images(*rows))
    assert together.shape == (4, encoder.dim)
    assert together.dtype == torch.float32
    alone = torch.cat([vectors(encoder, images(row)) for row in rows])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)
    assert torch.pdist(together).min() > 1e-6  # the images differ, and so do their vectors


@pytest.mark.parametrize("make", [mobilenet, vit])
def test_the_halves_make_the_whole_at_every_cut(make: Any) -> None:
    encoder = make()
    batch = encoder.collate(encoder.prepare(images(png(0), png(1))), [0, 1])
    with torch.no_grad():
        whole = encoder(batch).vector
        if make is mobilenet:
            again = encoder.model(batch["pixels"]).last_hidden_state.mean((2, 3))
            torch.testing.assert_close(whole, again)
        for layers in range(encoder.depth + 1):
            encoder.freeze(layers)
            hidden = encoder.lower(batch)
            torch.testing.assert_close(encoder.upper(hidden, batch).vector, whole)


def test_fixed_layers_get_no_gradient_and_the_rest_does() -> None:
    encoder = mobilenet()
    encoder.freeze(15)
    encoder.train()
    batch = encoder.collate(encoder.prepare(images(png(0), png(1))), [0, 1])
    encoder(batch).vector.square().sum().backward()
    touched = {name for name, value in encoder.named_parameters() if value.grad is not None}
    assert touched
    assert all(name.startswith(("model.layer.15", "model.conv_1x1")) for name in touched)
    encoder.freeze(0, embeddings=False)
    encoder(batch).vector.square().sum().backward()
    assert all(value.grad is not None for value in encoder.parameters())


def test_batch_statistics_are_trained_with_the_layers_they_stand_in() -> None:
    encoder = mobilenet()
    before = {k: v.clone() for k, v in encoder.state_dict().items() if "running" in k}
    batch = encoder.collate(encoder.prepare(images(png(0), png(1))), [0, 1])
    encoder.freeze(15)
    encoder.train()
    encoder(batch)
    moved = {k for k, v in before.items() if not torch.equal(encoder.state_dict()[k], v)}
    assert moved
    assert all(name.startswith(("model.layer.15", "model.conv_1x1")) for name in moved)
    encoder.freeze(0, embeddings=False)
    encoder(batch)
    moved = {k for k, v in before.items() if not torch.equal(encoder.state_dict()[k], v)}
    assert moved == set(before)
    encoder.eval()
    still = [tensor.clone() for tensor in encoder.statistics()]
    encoder(batch)
    assert all(map(torch.equal, encoder.statistics(), still))


def test_batches_of_one_step_share_their_statistics() -> None:
    encoder = mobilenet()
    encoder.freeze(0, embeddings=False)
    encoder.train()
    prepared = encoder.prepare(images(png(0), png(1), png(2)))
    given = [encoder.collate(prepared, [0]), encoder.collate(prepared, [1, 2])]
    both = encoder(encoder.collate(prepared, [0, 1, 2])).vector
    found = encoder.together([encoder.lower(one) for one in given], given)
    assert [len(features.vector) for features in found] == [1, 2]
    torch.testing.assert_close(torch.cat([features.vector for features in found]), both)
    assert encoder.mixes
    assert not vit().mixes


def test_more_layers_than_there_are_cannot_be_fixed() -> None:
    with pytest.raises(ConfigError, match="has 17 layers that can be fixed; asked for 18"):
        mobilenet().freeze(18)
    with pytest.raises(ConfigError, match="has 0 layers"):
        resnet().freeze(1)


@pytest.mark.parametrize("make", KINDS)
def test_a_saved_encoder_is_the_same(make: Any, tmp_path: Path) -> None:
    encoder = make()
    encoder.save(tmp_path)
    loaded = ImageEncoder.load(tmp_path)
    assert loaded.digest() == encoder.digest()
    assert loaded.source == str(tmp_path)
    torch.testing.assert_close(vectors(loaded, images(png(3))), vectors(encoder, images(png(3))))
    assert not list(tmp_path.glob("*.bin"))


def test_the_digest_tells_weights_and_size_apart() -> None:
    one = mobilenet()
    assert one.digest() == mobilenet().digest()
    assert one.digest() != mobilenet(seed=1).digest()
    assert one.digest() != ImageEncoder(one.model, pixels=Pixels(64)).digest()


def test_an_image_cut_short_counts_as_blank() -> None:
    encoder = mobilenet()
    prepared = encoder.prepare(images(png(0), png(1)[:200], b""))
    assert prepared.marked.tolist() == [0, UNREADABLE, UNREADABLE]
    with torch.no_grad():
        found = encoder(encoder.collate(prepared, [0, 1, 2])).vector
    torch.testing.assert_close(found[1], found[2])
    assert torch.isfinite(found).all()


def test_a_large_image_that_only_decoding_shows_to_be_broken_is_marked(tmp_path: Path) -> None:
    stream = io.BytesIO()
    Image.new("L", (1200, 900)).save(stream, "BMP")
    broken = stream.getvalue()[:-500_000]
    assert check_image(broken, tmp_path) is None  # too large to be decoded when data is loaded
    assert mobilenet().prepare(images(broken, png(0))).marked.tolist() == [UNREADABLE, 0]


def test_images_beyond_the_memory_set_aside_are_decoded_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    encoder = mobilenet()
    inputs = images(*(png(i) for i in range(4)))
    held = vectors(encoder, inputs)
    monkeypatch.setattr("polytask.learning.encoders.image._HELD", SIZE * SIZE + 1)
    prepared = encoder.prepare(inputs)
    assert [isinstance(item, bytes) for item in prepared.items] == [False, False, True, True]
    assert torch.equal(vectors(encoder, inputs), held)
    broken = encoder.prepare(images(*(png(i) for i in range(4)), b""))
    assert broken.marked.tolist() == [0, 0, 0, 0, UNREADABLE]


def test_training_changes_images_by_the_generator_alone() -> None:
    encoder = mobilenet()
    prepared = encoder.prepare(images(png(0)))
    plain = encoder.collate(prepared, [0])["pixels"]
    first = encoder.collate(prepared, [0], np.random.default_rng(1))["pixels"]
    again = encoder.collate(prepared, [0], np.random.default_rng(1))["pixels"]
    other = encoder.collate(prepared, [0], np.random.default_rng(2))["pixels"]
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(first, plain)
    encoder.freeze(3)  # the output of fixed layers is remembered by row: no changes then
    assert torch.equal(encoder.collate(prepared, [0], np.random.default_rng(1))["pixels"], plain)


def test_paths_and_bytes_give_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(5))
    encoder = mobilenet()
    assert torch.equal(vectors(encoder, images(path)), vectors(encoder, images(png(5))))


def test_only_one_image_column_is_read() -> None:
    inputs = Inputs((Column("a", "image"), Column("b", "image")), {"a": [png(0)], "b": [png(1)]})
    with pytest.raises(ConfigError, match=r"one image column; found 'a, b'.*`input`"):
        mobilenet().prepare(inputs)


def test_a_place_that_is_no_encoder_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="neither a folder nor a hub id"):
        ImageEncoder.load(tmp_path / "absent")
    with pytest.raises(ModelError, match=r"cannot be read as an image encoder.*config\.json"):
        ImageEncoder.load(tmp_path)


def test_weights_cut_short_are_said(tmp_path: Path) -> None:
    mobilenet().save(tmp_path)
    path = tmp_path / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ModelError, match="cannot be read as an image encoder"):
        ImageEncoder.load(tmp_path)


def test_a_text_encoder_is_no_image_encoder(tmp_path: Path) -> None:
    from transformers import BertConfig, BertModel

    config = BertConfig(vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=1)
    BertModel(config, add_pooling_layer=False).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="it reads text"):
        ImageEncoder.load(tmp_path)


def test_images_are_read_at_another_size_and_the_same_part_of_them():
    encoder = mobilenet()
    encoder.pixels = Pixels(SIZE, short=40)
    before = encoder.digest()
    encoder.resize(64)
    assert (encoder.pixels.size, encoder.pixels.short, encoder.image_size) == (64, 80, 64)
    batch = encoder.collate(encoder.prepare(images(png(1))), [0])
    assert batch["pixels"].shape == (1, 3, 64, 64)
    assert encoder(batch).vector.shape == (1, encoder.dim)
    assert encoder.digest() != before  # other features: never taken for the others in a cache


def test_a_transformer_refuses_another_size_and_stays_as_it_was():
    encoder = vit()
    with pytest.raises(ConfigError, match="32 pixels a side; found `image_size` 64"):
        encoder.resize(64)
    assert (encoder.pixels.size, encoder.image_size) == (SIZE, None)
