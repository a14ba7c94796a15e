"""Folder trees of images with a class a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from polytask._errors import DataError
from polytask.tasks.files_format import IMAGE_SUFFIXES
from polytask.tasks.files_raw import Limits, Raw
from polytask.tasks.files_rows import row_hashes, sampled

if TYPE_CHECKING:
    from pathlib import Path


def is_image_tree(folder: Path) -> bool:
    """Whether at least two folders in `folder` hold images."""
    return len(class_folders(folder)) > 1


def class_folders(folder: Path) -> list[Path]:
    """The folders in `folder` that hold images, sorted by name."""
    inner = (path for path in listed(folder) if path.is_dir() and not path.name.startswith("."))
    return [path for path in inner if any(map(_is_image, listed(path)))]


def read_images(folder: Path, limits: Limits) -> Raw:
    """The images of a tree, `image` being the absolute path and `label` the folder's name.

    Raises:
        DataError: No folder in it holds images.
    """
    rows = [
        (str(path), inner.name)
        for inner in class_folders(folder.absolute())
        for path in filter(_is_image, listed(inner))
    ]
    if not rows:
        raise DataError(f"{folder} has no folders with images: it needs one folder a class")
    frame = pl.DataFrame(rows, schema={"image": pl.String, "label": pl.String}, orient="row")
    numbers = np.arange(1, len(rows) + 1)
    if len(rows) <= limits.max_rows:
        return Raw(frame, str(folder), [], numbers)
    chosen = np.sort(np.argsort(row_hashes(0, len(rows), limits.seed))[: limits.max_rows])
    findings = sampled(str(folder), len(rows), len(chosen))
    return Raw(frame[chosen], str(folder), findings, numbers[chosen])


def listed(folder: Path) -> list[Path]:
    """What lies in a folder, sorted by name.

    Raises:
        DataError: It may not be read.
    """
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise DataError(
            f"{folder} cannot be read ({error.strerror}): allow it, or give the files themselves"
        ) from error


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")
