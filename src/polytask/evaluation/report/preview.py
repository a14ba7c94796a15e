"""Short previews of inputs for the report: text cut to size, images as small data URIs."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LENGTH = 280
SIDE = 112


def preview(values: Sequence[Any], *, length: int = LENGTH) -> str:
    """The text columns of a row on one line, pairs joined by " ⧸ ", cut at `length` characters.

    Args:
        values: One value a text column: a string or a list of tokens.
        length: Most characters given back.

    >>> preview(["a dog runs", ["no", "dog"]])
    'a dog runs ⧸ no dog'
    """
    shown = " ⧸ ".join(" ".join(v) if isinstance(v, list) else str(v) for v in values)
    return shown if len(shown) <= length else shown[: length - 1].rstrip() + "…"


def thumbnail(image: bytes | Path, *, side: int = SIDE) -> str:
    """A small JPEG of `image` as a data URI; "" if it cannot be decoded.

    Args:
        image: Encoded image or its path; checked for size when it was loaded.
        side: Longest side in pixels.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError  # decoding only where images are

    try:
        with Image.open(io.BytesIO(image) if isinstance(image, bytes) else image) as opened:
            small = ImageOps.exif_transpose(opened)
            small = _eight_bit(small).convert("RGB")
            small.thumbnail((side, side))
    except (OSError, ValueError, UnidentifiedImageError, Image.DecompressionBombError):
        return ""  # an unreadable row is listed among the findings; here it only lacks a picture
    held = io.BytesIO()
    small.save(held, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(held.getvalue()).decode()}"


def _eight_bit(image: Any) -> Any:
    """16-bit and float greys, stretched to 0–255; `convert` alone would clip them to white."""
    if not image.mode.startswith(("I", "F")):
        return image
    low, high = image.convert("F").getextrema()
    width = (high - low) or 1.0
    return image.convert("F").point(lambda value: (value - low) * 255.0 / width).convert("L")
