"""Images of every sort: odd ones are read, broken ones skipped, counted and listed."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

SIDE = 16


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def picture(color: int = 0, seed: int = 0) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 60, (SIDE, SIDE, 3), dtype=np.uint8)
    pixels[..., color] += 150
    return Image.fromarray(pixels)


def chunk(kind: bytes, data: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + check


def png(width: int, height: int, data: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def turned() -> bytes:
    orientation = Image.Exif()
    orientation[0x0112] = 6
    return encoded(picture(), "JPEG", exif=orientation)


def animated() -> bytes:
    return encoded(picture(), "GIF", save_all=True, append_images=[picture(2)])


def deep() -> bytes:
    return encoded(Image.fromarray(np.arange(SIDE * SIDE, dtype=np.uint16).reshape(SIDE, SIDE)))


READ = {
    "CMYK": ("a.jpg", encoded(picture().convert("CMYK"), "JPEG")),
    "16 bit": ("a.png", deep()),
    "animated": ("a.gif", animated()),
    "turned by EXIF": ("a.jpg", turned()),
    "transparent": ("a.png", encoded(picture().convert("RGBA"))),
}
JPEG = encoded(picture(), "JPEG")
SKIPPED = {
    "zero bytes": ("a.png", b"", r"is empty \(0 bytes\)"),
    "no image": ("a.png", b"hello", "is not an image that can be read"),
    "a png cut short": ("a.png", encoded(picture())[:200], "is damaged"),
    "a jpeg cut short": ("a.jpg", JPEG[: len(JPEG) // 2], "damaged|cut short"),
    "a bmp cut short": ("a.bmp", encoded(picture(), "BMP")[:400], "cannot be decoded"),
    "whole, but no pixels": ("a.png", png(SIDE, SIDE, b"no zlib"), "cannot be decoded"),
    "too many pixels": ("a.png", png(50_000, 50_000, zlib.compress(b"0")), "100,000,000 pixels"),
}


@pytest.fixture
def tree(write):
    """A folder of two classes of 30 images each."""
    for i in range(30):
        write(f"photos/red/{i}.png", encoded(picture(0, i)))
        write(f"photos/blue/{i}.png", encoded(picture(2, i)))
    return write("photos/red/0.png", encoded(picture(0, 0))).parent.parent


@pytest.mark.parametrize("entry", READ)
def test_an_odd_image_is_read(polytask, write, tree, entry):
    name, content = READ[entry]
    write(f"photos/red/{name}", content)
    answer = polytask("check", tree)
    answer.succeeds("label binary", "61 rows, each judged once")
    assert "skipped" not in answer.out


@pytest.mark.parametrize("entry", SKIPPED)
def test_a_broken_image_is_skipped_and_listed(polytask, write, tree, entry):
    name, content, reason = SKIPPED[entry]
    write(f"photos/red/{name}", content)
    polytask("check", tree).succeeds(
        rf"1 rows without a usable input were skipped: photos:\d+ \('red/{name}' .*({reason})",
        "60 rows, each judged once",
    )


def test_paths_that_are_missing_or_leave_the_data_folder_are_skipped(
    polytask, write, tree, untouched, tmp_path
):
    (tmp_path / "secret.png").write_bytes(encoded(picture()))
    (tree / "red" / "link.png").symlink_to(tmp_path / "secret.png")
    rows = [f"photos/{c}/{i}.png,{c}" for i in range(30) for c in ("red", "blue")]
    bad = ["photos/red/gone.png", "../secret.png", str(tmp_path / "secret.png")]
    bad += ["photos/red/link.png", "photos/red"]
    content = "\n".join(["image,label", *rows, *(f"{path},red" for path in bad)])
    path = write("rows.csv", f"{content}\n")
    untouched(tmp_path)
    polytask("check", path).succeeds(
        r"5 rows without a usable input were skipped: .*data/rows\.csv:62 \('photos/red/gone\.png'"
        r" does not exist\), .*rows\.csv:63 \('\.\./secret\.png' leaves the data folder",
        r"rows\.csv:64 \(.*secret\.png' leaves the data folder",
        r"rows\.csv:65 \('photos/red/link\.png' leaves .*rows\.csv:66 \(.* is not a file",
    )


def test_images_alone_need_an_encoder(polytask, tree, untouched, tmp_path):
    untouched(tmp_path)
    polytask("run", tree, "--out", tmp_path / "run").refuses("polytask weights get image")


def test_no_image_at_all_is_refused(polytask, write, tmp_path):
    for name in ("red/0.png", "red/1.png", "blue/0.png", "blue/1.png"):
        write(f"photos/{name}", b"")
    polytask("check", tmp_path / "data" / "photos").refuses("no row has a usable input.*0 bytes")
