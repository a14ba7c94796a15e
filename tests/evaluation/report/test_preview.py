"""Previews of text and thumbnails of images."""

import base64
import io

import pytest
from PIL import Image

from polytask.evaluation.report import preview, thumbnail


def encoded(mode, size=(300, 200), format_="TIFF"):
    held = io.BytesIO()
    Image.new(mode, size).save(held, format_)
    return held.getvalue()


def decoded(uri):
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


def test_long_text_is_cut():
    shown = preview(["word " * 500])
    assert len(shown) <= 280
    assert shown.endswith("word…")


def test_a_pair_with_tokens():
    assert preview([["a", "b"], "c"]) == "a b ⧸ c"


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK", "I;16", "F", "P", "RGBA", "LA", "1"])
def test_every_mode_gives_a_small_jpeg(mode):
    found = decoded(thumbnail(encoded(mode)))
    assert (found.format, found.size) == ("JPEG", (112, 75))


def test_sixteen_bits_are_stretched_not_clipped():
    values = b"".join(value.to_bytes(2, "little") for value in [1000] * 128 + [3000] * 128)
    held = io.BytesIO()
    Image.frombytes("I;16", (16, 16), values).save(held, "PNG")
    low, high = decoded(thumbnail(held.getvalue())).convert("L").getextrema()
    assert low < 30 and high > 225


def test_the_same_image_gives_the_same_text_from_bytes_and_path(tmp_path):
    path = tmp_path / "a.tiff"
    path.write_bytes(encoded("RGB"))
    assert thumbnail(path) == thumbnail(path.read_bytes()) != ""


def test_what_cannot_be_decoded_gives_no_picture(tmp_path):
    assert thumbnail(b"") == thumbnail(b"no image") == thumbnail(tmp_path / "absent.png") == ""
    assert thumbnail(encoded("RGB")[:1000]) == ""
