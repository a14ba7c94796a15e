"""Images: cheap checks when data is loaded, and decoding to RGB for encoders."""

from __future__ import annotations

import io
import struct
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from polytask._errors import DataError

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 100_000_000
"""Pixels of the largest image that is decoded; above, a file of a few bytes can fill the memory."""

CHECKED_PIXELS = 1_000_000
"""Pixels up to which a check decodes an image (a JPEG at an eighth of its size: 0.05 ms for 128 ×
128 pixels); larger ones would take the time of a training, and are judged by header and end."""

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
"""Formats that are decoded; others of Pillow (EPS) start a program to do so."""

_TAIL = 2**16
_DEPTHS = (255.0, 4095.0, 65535.0, float(2**31 - 1))
"""Largest values of 8, 12 (as scanners write), 16 and 31 bits."""

_FAULTS = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    TypeError,
    KeyError,
    IndexError,
    OverflowError,
    struct.error,
)
"""What Pillow's readers are seen to raise on damaged headers, beside what they promise."""

_WIDE_MODES = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")


def image_path(value: str | Path, root: Path) -> Path:
    """Where an image named in a file lies: `value`, taken from `root` when relative."""
    path = Path(value)
    return path if path.is_absolute() else root / path


def check_image(value: bytes | str | Path, root: Path, pixels: int = CHECKED_PIXELS) -> str | None:
    """What is wrong with an image, in words, or `None`.

    The header is judged before anything is decoded, and only images of up to `pixels` are decoded
    at all.

    Args:
        value: The encoded image, or its path, taken from `root` when relative.
        root: The data folder, which a path may not leave, not by `..` and not by a link.
        pixels: Pixels of the largest image that is decoded; `MAX_PIXELS` for all that are read.

    Returns:
        A phrase such as "is empty (0 bytes)"; `None` when the image can be used. CMYK, 16-bit,
        animated and EXIF-rotated images can.
    """
    if isinstance(value, bytes):
        return _fault(io.BytesIO(value), len(value), pixels)
    path = image_path(value, root)
    if not path.resolve().is_relative_to(root.resolve()):
        return f"{str(value)!r} leaves the data folder {str(root)!r}"
    if not path.exists():
        return f"{str(value)!r} does not exist"
    if not path.is_file():
        return f"{str(value)!r} is not a file"
    try:
        with path.open("rb") as handle:
            return _fault(handle, path.stat().st_size, pixels)
    except OSError as error:
        return f"cannot be opened ({error.strerror or error})"


def load_image(value: bytes | str | Path) -> Image.Image:
    """The image as 8-bit RGB: first frame, upright by EXIF, 16-bit scaled, CMYK converted.

    Transparent parts become white.

    Args:
        value: The encoded image, or its path.

    Raises:
        DataError: It is missing, empty, too large, or cannot be decoded.
    """
    from PIL import Image, ImageOps

    name = "an image" if isinstance(value, bytes) else str(value)
    try:
        data = value if isinstance(value, bytes) else Path(value).read_bytes()
    except OSError as error:
        raise DataError(f"{name} cannot be opened: {error.strerror or error}") from error
    fault = _header_fault(io.BytesIO(data), len(data))
    if fault:
        raise DataError(f"{name} {fault}: mend it or remove its row")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data), formats=FORMATS)
            image.seek(0)
            return _rgb(ImageOps.exif_transpose(image))
    except _FAULTS as error:
        raise DataError(f"{name} cannot be decoded ({error}): mend it or remove its row") from error


def _fault(handle: io.BufferedReader | io.BytesIO, size: int, pixels: int) -> str | None:
    """What is wrong with header, end or (of an image of at most `pixels`) what is decoded."""
    from PIL import Image

    fault = _header_fault(handle, size)
    if fault:
        return fault
    handle.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(handle, formats=FORMATS) as image:
                if image.width * image.height <= pixels:
                    image.draft(image.mode, (1, 1))
                    image.load()
    except _FAULTS as error:
        return f"cannot be decoded ({error})"
    return None


def _header_fault(handle: io.BufferedReader | io.BytesIO, size: int) -> str | None:
    from PIL import Image, UnidentifiedImageError

    if not size:
        return "is empty (0 bytes)"
    try:
        with warnings.catch_warnings():
            # Pillow warns of large images; the limit here is our own, in the lines below.
            warnings.simplefilter("ignore")
            with Image.open(handle, formats=FORMATS) as image:
                width, height = image.size
                if width * height <= MAX_PIXELS and image.format == "PNG":
                    image.verify()
                whole = image.format not in ("JPEG", "MPO") or _has_end(handle, size)
    except UnidentifiedImageError:
        return "is not an image that can be read"
    except Image.DecompressionBombError:
        return f"has more than {MAX_PIXELS:,} pixels"
    except _FAULTS as error:
        return f"is damaged ({error})"
    if width * height > MAX_PIXELS:
        return f"has {width:,} × {height:,} pixels, more than {MAX_PIXELS:,}"
    return None if whole else "is cut short (its end is missing)"


def _has_end(handle: io.BufferedReader | io.BytesIO, size: int) -> bool:
    """Whether a JPEG has its end marker; a little may follow it."""
    handle.seek(max(0, size - _TAIL))
    return b"\xff\xd9" in handle.read()


def _rgb(image: Image.Image) -> Image.Image:
    from PIL import Image

    if image.mode in _WIDE_MODES:
        return Image.fromarray(_narrow(np.asarray(image))).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        ground = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(ground, image.convert("RGBA")).convert("RGB")
    return image.convert("RGB")


def _narrow(pixels: np.ndarray) -> np.ndarray:
    """Pixels of more than 8 bits scaled to 0–255: whole numbers by their depth, others by range."""
    values = np.nan_to_num(pixels.astype(np.float64))
    low, high = float(values.min()), float(values.max())
    if pixels.dtype.kind != "f":
        low, high = 0.0, next((depth for depth in _DEPTHS if depth >= high), high)
    if high <= low:
        return np.zeros(values.shape, dtype=np.uint8)
    return np.asarray(np.clip((values - low) / (high - low) * 255 + 0.5, 0, 255).astype(np.uint8))
