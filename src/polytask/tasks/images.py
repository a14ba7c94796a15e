"""Images: cheap checks of headers when data is loaded, and decoding to RGB for encoders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image


def image_path(value: str | Path, root: Path) -> Path:
    """Where an image named in a file lies: `value`, taken from `root` when relative."""
    path = Path(value)
    return path if path.is_absolute() else root / path


def check_image(value: bytes | str | Path, root: Path) -> str | None:
    """What is wrong with an image, in words, or `None`; reads the header, decodes nothing."""
    raise NotImplementedError


def load_image(value: bytes | str | Path) -> Image.Image:
    """The image as 8-bit RGB: first frame, upright, 16-bit scaled, CMYK converted."""
    raise NotImplementedError
