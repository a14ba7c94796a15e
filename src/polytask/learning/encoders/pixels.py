"""From an image to pixels: one size, three colours, and small random changes for training."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from polytask._errors import ModelError
from polytask.tasks.images import load_image

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

FILE = "preprocessor_config.json"
_MEAN = (0.485, 0.456, 0.406)
_SPREAD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Pixels:
    """How images become arrays for one encoder.

    Args:
        size: Pixels a side of the square that the encoder sees.
        short: The shorter side is scaled to this, and the middle square taken; 0: the whole image
            is scaled to the square, whatever its shape.
        mean: Mean of each colour (0–1), subtracted.
        spread: Standard deviation of each colour, divided by.
    """

    size: int = 224
    short: int = 0
    mean: tuple[float, ...] = _MEAN
    spread: tuple[float, ...] = _SPREAD

    @classmethod
    def load(cls, folder: Path, size: int) -> Pixels:
        """What the folder of an encoder says in `preprocessor_config.json`, as transformers do.

        Args:
            folder: The folder of the encoder.
            size: Size to take where the file says none.

        Raises:
            ModelError: The file is there but cannot be read.
        """
        path = folder / FILE
        if not path.is_file():
            return cls(size)
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            side, short = _sides(content, size)
            return cls(
                side,
                short,
                tuple(float(v) for v in content.get("image_mean", _MEAN)),
                tuple(float(v) for v in content.get("image_std", _SPREAD)),
            )
        except (ValueError, TypeError, AttributeError) as error:
            raise ModelError(f"{path} cannot be read ({error}); get the weights again") from error

    def resized(self, size: int) -> Pixels:
        """The same part of an image at another size.

        >>> Pixels(224, 256).resized(112)
        Pixels(size=112, short=128, mean=(0.485, 0.456, 0.406), spread=(0.229, 0.224, 0.225))
        """
        return replace(self, size=size, short=round(self.short * size / self.size))

    def save(self, folder: Path) -> None:
        """Write `preprocessor_config.json`."""
        square = {"height": self.size, "width": self.size}
        content = {
            "do_resize": True,
            "size": {"shortest_edge": self.short} if self.short else square,
            "do_center_crop": self.short > 0,
            "crop_size": square,
            "do_normalize": True,
            "image_mean": list(self.mean),
            "image_std": list(self.spread),
        }
        (folder / FILE).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    def decode(self, value: bytes | str | Path) -> np.ndarray:
        """The image as uint8, `(size, size)` where it is grey, else `(size, size, 3)`.

        Raises:
            DataError: It cannot be decoded.
        """
        array = np.asarray(self._square(load_image(value)))
        grey = array[:, :, 0]
        same = np.array_equal(grey, array[:, :, 1]) and np.array_equal(grey, array[:, :, 2])
        return np.ascontiguousarray(grey) if same else array

    def _square(self, image: Image.Image) -> Image.Image:
        from PIL.Image import Resampling

        if not self.short:
            return image.resize((self.size, self.size), Resampling.BILINEAR)
        # The box of the middle square in the image itself: only that part is scaled.
        part = min(image.size) * min(1.0, self.size / self.short)
        left, top = (image.width - part) / 2, (image.height - part) / 2
        box = (left, top, left + part, top + part)
        return image.resize((self.size, self.size), Resampling.BILINEAR, box=box)

    def normalise(self, array: np.ndarray) -> np.ndarray:
        """`(3, size, size)` float32 with mean 0 and spread 1 over ordinary images."""
        coloured = array if array.ndim == 3 else np.repeat(array[:, :, None], 3, axis=2)
        scaled = coloured.astype(np.float32) / np.float32(255)
        mean, spread = (np.array(values, np.float32) for values in (self.mean, self.spread))
        return np.ascontiguousarray(((scaled - mean) / spread).transpose(2, 0, 1))


@dataclass(frozen=True)
class Changes:
    """Random changes that leave the label of an image as it was.

    Args:
        turn: Largest rotation, degrees.
        zoom: Largest change of scale, as a fraction.
        shift: Largest shift, as a fraction of the side.
        light: Largest change of brightness and contrast, as a fraction.
        flip: Whether left and right may be swapped; off by default, because in a scan the side
            of the body can be what matters.
    """

    turn: float = 10.0
    zoom: float = 0.1
    shift: float = 0.05
    light: float = 0.1
    flip: bool = False

    def __call__(self, array: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """A changed copy of a uint8 image, of the same shape."""
        from PIL import Image

        side = array.shape[0]
        draw = generator.uniform(-1, 1, size=6)
        flip = -1.0 if self.flip and generator.random() < 0.5 else 1.0
        angle, scale = math.radians(self.turn * draw[0]), 1 + self.zoom * draw[1]
        cos, sin = scale * math.cos(angle), scale * math.sin(angle)
        middle = (side - 1) / 2
        x, y = middle + self.shift * side * draw[2], middle + self.shift * side * draw[3]
        # Where each new pixel comes from: turned about the middle, scaled, shifted.
        matrix = (
            *(cos * flip, -sin, x - cos * flip * middle + sin * middle),
            *(sin * flip, cos, y - sin * flip * middle - cos * middle),
        )
        image = Image.fromarray(array)
        moved = image.transform(
            image.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR
        )
        values = np.asarray(moved, np.float32)
        mean = values.mean()
        values = (values - mean) * (1 + self.light * draw[4]) + mean * (1 + self.light * draw[5])
        changed: np.ndarray = values.clip(0, 255).astype(np.uint8)
        return changed


def _sides(content: dict[str, Any], size: int) -> tuple[int, int]:
    """Size and shorter side; 0 for the latter where the whole image is scaled."""
    given = content.get("size")
    scaled = given if isinstance(given, dict) else {"height": given or size}
    short = int(scaled.get("shortest_edge") or 0)
    if not short:
        return int(scaled.get("height") or size), 0
    crop = content.get("crop_size") or size
    return int(crop["height"] if isinstance(crop, dict) else crop), short
