from __future__ import annotations

import io
import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from polytask._errors import DataError
from polytask.tasks.images import MAX_PIXELS, check_image, image_path, load_image


def encoded(image, form="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def gradient(mode="RGB", size=(12, 8)):
    pixels = np.arange(size[0] * size[1], dtype=np.uint8).reshape(size[1], size[0])
    return Image.fromarray(pixels).convert(mode)


def huge_png():
    """A PNG of 50,000 × 50,000 pixels by its header, in a few bytes."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"\0"))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


SOUND = {
    "rgb": encoded(gradient()),
    "grey": encoded(gradient("L")),
    "bits": encoded(gradient("1")),
    "palette": encoded(gradient("P"), "GIF"),
    "alpha": encoded(gradient("RGBA")),
    "cmyk": encoded(gradient("CMYK"), "JPEG"),
    "jpeg": encoded(gradient(), "JPEG"),
    "webp": encoded(gradient(), "WEBP"),
    "bmp": encoded(gradient(), "BMP"),
    "animated": encoded(
        gradient(), "GIF", save_all=True, append_images=[Image.new("RGB", (12, 8))]
    ),
    "16-bit": encoded(Image.fromarray(np.arange(96, dtype=np.uint16).reshape(8, 12) * 600)),
    "float": encoded(
        Image.fromarray(np.linspace(-1, 1, 96, dtype=np.float32).reshape(8, 12)), "TIFF"
    ),
}


NOISE = encoded(
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)), "JPEG"
)


@pytest.mark.parametrize("name", SOUND)
def test_sound_images_pass_and_become_8_bit_rgb(tmp_path, name):
    assert check_image(SOUND[name], tmp_path) is None
    image = load_image(SOUND[name])
    assert (image.mode, image.size) == ("RGB", (12, 8))
    pixels = np.asarray(image)
    assert pixels.max() > pixels.min()


def test_images_behind_paths(tmp_path):
    path = tmp_path / "图 片" / "猫 1.png"
    path.parent.mkdir()
    path.write_bytes(SOUND["rgb"])
    assert check_image("图 片/猫 1.png", tmp_path) is None
    assert check_image(path, tmp_path) is None
    assert load_image(path).size == (12, 8)
    assert image_path("图 片/猫 1.png", tmp_path) == path
    assert image_path(path, tmp_path / "elsewhere") == path


def test_exif_rotation_is_undone():
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side
    data = encoded(gradient(), "JPEG", exif=exif)
    assert load_image(data).size == (8, 12)


def test_the_first_frame_is_taken():
    red, blue = Image.new("RGB", (4, 4), "red"), Image.new("RGB", (4, 4), "blue")
    data = encoded(red, "GIF", save_all=True, append_images=[blue])
    assert load_image(data).getpixel((0, 0)) == (255, 0, 0)


def test_transparent_parts_become_white():
    data = encoded(Image.new("RGBA", (2, 2), (255, 0, 0, 0)))
    assert load_image(data).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize(("top", "expected"), [(65535, 255), (4095, 255), (32768, 128), (200, 200)])
def test_16_bits_are_scaled_by_their_depth(top, expected):
    pixels = np.array([[0, top]], dtype=np.uint16)
    image = load_image(encoded(Image.fromarray(pixels)))
    assert [image.getpixel((x, 0))[0] for x in (0, 1)] == [0, expected]


def test_a_flat_float_image_is_black():
    data = encoded(Image.fromarray(np.full((2, 2), 3.5, dtype=np.float32)), "TIFF")
    assert np.asarray(load_image(data)).max() == 0


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "is empty (0 bytes)"),
        (b"not an image at all", "is not an image that can be read"),
        (SOUND["rgb"][:30], "is"),
        (SOUND["rgb"][:-20], "is damaged"),
        (SOUND["rgb"][:60] + b"\0\0\0" + SOUND["rgb"][63:], "is damaged"),
        (NOISE[:-300], "is cut short"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is not an image"),
        (huge_png(), f"has more than {MAX_PIXELS:,} pixels"),
    ],
)
def test_faults_are_found_in_the_header(tmp_path, data, fault):
    found = check_image(data, tmp_path)
    assert found is not None
    assert fault in found
    (tmp_path / "坏.png").write_bytes(data)
    assert check_image("坏.png", tmp_path) == found
    with pytest.raises(DataError, match="mend it or remove its row"):
        load_image(tmp_path / "坏.png")


def test_a_huge_image_is_refused_at_once(tmp_path):
    start = time.perf_counter()
    assert check_image(huge_png(), tmp_path) is not None
    with pytest.raises(DataError):
        load_image(huge_png())
    assert time.perf_counter() - start < 1


def test_an_image_above_our_limit_and_below_that_of_pillow_is_refused(tmp_path):
    data = encoded(Image.new("1", (12_000, 9_000)))
    assert check_image(data, tmp_path) == "has 12,000 × 9,000 pixels, more than 100,000,000"


def test_paths_that_lead_nowhere_or_out_of_the_data_folder(tmp_path):
    root = tmp_path / "data"
    root.mkdir()
    (tmp_path / "secret.png").write_bytes(SOUND["rgb"])
    (root / "link.png").symlink_to(tmp_path / "secret.png")
    (root / "folder.png").mkdir()
    assert check_image("none.png", root) == "'none.png' does not exist"
    assert check_image("folder.png", root) == "'folder.png' is not a file"
    for outside in ("../secret.png", "link.png", str(tmp_path / "secret.png")):
        fault = check_image(outside, root)
        assert fault == f"{outside!r} leaves the data folder {str(root)!r}"


def test_a_missing_image_is_a_data_error_when_loaded(tmp_path):
    with pytest.raises(DataError, match=r"none.png cannot be opened: No such file"):
        load_image(tmp_path / "none.png")


def test_damaged_bytes_never_raise_anything_but_data_errors(tmp_path):
    random = np.random.default_rng(0)
    refused = 0
    for data in [*SOUND.values(), NOISE] * 20:
        damaged = bytearray(data)
        for place in random.integers(0, len(data), 4):
            damaged[place] = random.integers(0, 256)
        check_image(bytes(damaged), tmp_path)
        try:
            load_image(bytes(damaged))
        except DataError:
            refused += 1
    assert refused > 20
