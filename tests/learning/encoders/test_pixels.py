"""Images as arrays, and what training changes in them."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from polytask._errors import DataError, ModelError
from polytask.learning.encoders.pixels import FILE, Changes, Pixels

if TYPE_CHECKING:
    from pathlib import Path


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def test_grey_images_stay_small_and_colour_is_kept() -> None:
    pixels = Pixels(8)
    assert pixels.decode(encoded(Image.new("L", (5, 9), 7))).shape == (8, 8)
    red = pixels.decode(encoded(Image.new("RGB", (5, 9), (255, 0, 0))))
    assert red.shape == (8, 8, 3)
    assert (red == [255, 0, 0]).all()


@pytest.mark.parametrize("mode", ["CMYK", "L", "RGB"])
def test_every_mode_becomes_three_normalised_colours(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    pixels = Pixels(4, mean=(0.5, 0.5, 0.5), spread=(0.25, 0.25, 0.25))
    array = pixels.decode(encoded(Image.new("RGB", (3, 3), (255, 255, 255)).convert(mode), kind))
    assert pixels.normalise(array) == pytest.approx(np.full((3, 4, 4), 2.0), abs=0.05)


def test_sixteen_bits_are_scaled_not_cut() -> None:
    ramp = np.linspace(0, 65535, 64).reshape(8, 8).astype(np.uint16)
    array = Pixels(8).decode(encoded(Image.fromarray(ramp)))
    assert array.min() <= 2
    assert array.max() >= 250
    assert 100 < array.mean() < 155


def test_a_camera_held_upright_gives_an_upright_image() -> None:
    image = Image.new("L", (8, 4), 0)
    image.paste(255, (0, 0, 4, 4))  # left half white
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise: the left half comes up
    array = Pixels(8).decode(encoded(image, "JPEG", exif=exif, quality=100))
    assert array[:3].mean() > 200
    assert array[-3:].mean() < 50


def test_the_middle_square_is_taken_where_a_shorter_side_is_named() -> None:
    image = Image.new("L", (64, 32), 0)
    image.paste(255, (16, 0, 48, 32))  # the middle square is white
    data = encoded(image)
    assert Pixels(16, short=16).decode(data).min() > 200
    assert Pixels(16).decode(data)[:, 0].max() == 0
    framed = Image.new("L", (32, 32), 255)
    framed.paste(0, (4, 4, 28, 28))  # a frame that the crop of 12 out of 16 cuts off
    assert Pixels(12, short=16).decode(encoded(framed))[1:-1, 1:-1].max() == 0
    assert Pixels(12).decode(encoded(framed))[0].min() > 100


def test_an_unreadable_image_is_a_data_error() -> None:
    with pytest.raises(DataError):
        Pixels(8).decode(b"not an image")


def test_the_folder_of_an_encoder_says_size_and_colours(tmp_path: Path) -> None:
    assert Pixels.load(tmp_path, 96) == Pixels(96)
    content = {"size": {"shortest_edge": 256}, "crop_size": {"height": 240, "width": 240}}
    (tmp_path / FILE).write_text(json.dumps({**content, "image_mean": [0.1, 0.2, 0.3]}))
    found = Pixels.load(tmp_path, 96)
    assert (found.size, found.short, found.mean) == (240, 256, (0.1, 0.2, 0.3))
    found.save(tmp_path)
    assert Pixels.load(tmp_path, 96) == found


@pytest.mark.parametrize("text", ["{", "[]", '{"size": {"height": "x"}}'])
def test_a_damaged_description_is_said(text: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(ModelError, match=r"preprocessor_config\.json.*get the weights again"):
        Pixels.load(tmp_path, 96)


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_changes_keep_shape_and_range(seed: int, coloured: bool) -> None:
    generator = np.random.default_rng(seed)
    array = generator.integers(0, 256, size=(12, 12, 3) if coloured else (12, 12), dtype=np.uint8)
    before = array.copy()
    changed = Changes()(array, generator)
    assert changed.shape == array.shape
    assert changed.dtype == np.uint8
    assert np.array_equal(array, before)


def test_no_change_leaves_the_image_as_it_is() -> None:
    array = np.random.default_rng(0).integers(0, 256, size=(16, 16), dtype=np.uint8)
    still = Changes(turn=0, zoom=0, shift=0, light=0)
    same = still(array, np.random.default_rng(0)).astype(int)
    assert np.abs(same[1:-1, 1:-1] - array[1:-1, 1:-1].astype(int)).max() <= 1


def test_sides_are_swapped_only_when_asked() -> None:
    array = np.zeros((16, 16), np.uint8)
    array[:, :8] = 200
    plain = Changes(turn=0, zoom=0, shift=0, light=0)
    flipped = Changes(turn=0, zoom=0, shift=0, light=0, flip=True)
    lefts = [plain(array, np.random.default_rng(s))[:, :6].mean() > 100 for s in range(20)]
    assert all(lefts)
    lefts = [flipped(array, np.random.default_rng(s))[:, :6].mean() > 100 for s in range(20)]
    assert 2 < sum(lefts) < 18
