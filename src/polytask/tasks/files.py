"""Reading one file, whatever its format, encoding and size."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from polytask._errors import DataError
from polytask.tasks.files_conll import looks_like_conll, read_conll
from polytask.tasks.files_csv import read_csv, read_tsv
from polytask.tasks.files_format import READS, SUFFIXES, Format, suffix_of
from polytask.tasks.files_images import is_image_tree, read_images
from polytask.tasks.files_json import read_json, read_jsonl
from polytask.tasks.files_parquet import read_parquet
from polytask.tasks.files_raw import MAX_BYTES, MAX_ROWS, Limits, Raw

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_READERS: dict[Format, Callable[[Path, Limits], Raw]] = {
    "csv": read_csv,
    "tsv": read_tsv,
    "jsonl": read_jsonl,
    "json": read_json,
    "parquet": read_parquet,
    "conll": read_conll,
    "images": read_images,
}

__all__ = ["MAX_BYTES", "MAX_ROWS", "Limits", "Raw", "format_of", "read"]


def read(path: Path, *, max_bytes: int = MAX_BYTES, max_rows: int = MAX_ROWS, seed: int = 0) -> Raw:
    """The rows of a csv, tsv, jsonl, json, parquet or CoNLL file (also .gz), or an image tree.

    Rows that cannot be read are skipped, counted and listed in the findings. Of a file above the
    limits a seeded sample of rows is kept, which the findings say too.

    Args:
        path: The file, or the folder of an image tree.
        max_bytes: Bytes kept at most.
        max_rows: Rows kept at most.
        seed: Seed of the sample.

    Raises:
        DataError: The file is missing, empty, damaged, of an unknown format or encoding, has a
            column twice, or cannot be read for the most part.
    """
    return _READERS[format_of(path)](path, Limits(max_bytes, max_rows, seed))


def format_of(path: Path) -> Format:
    """The format of a file or folder, by its suffix; `.txt` by its content.

    Raises:
        DataError: It is not there, or of no format that is read; says the nearest name, or what
            is read.
    """
    check_exists(path)
    if path.is_dir():
        if is_image_tree(path):
            return "images"
        raise DataError(f"{path} is a folder without class folders of images: give its files")
    suffix = suffix_of(path)
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    if suffix == ".txt" and looks_like_conll(path):
        return "conll"
    raise DataError(f"{path} is of no format that is read: {READS}. Convert it to one of these")


def check_exists(path: Path) -> None:
    """Refuse a path where nothing lies, with the nearest names beside it.

    Raises:
        DataError: Nothing is there.
    """
    if exists(path):
        return
    parent = path.parent
    names = [item.name for item in parent.iterdir()] if parent.is_dir() else []
    near = difflib.get_close_matches(path.name, names, n=3)
    if near:
        hint = f"did you mean {' or '.join(map(repr, near))}?"
    elif parent.is_dir():
        hint = f"the folder {str(parent)!r} holds {', '.join(sorted(names)[:8]) or 'nothing'}"
    else:
        hint = f"there is no folder {str(parent)!r} either"
    raise DataError(f"{path} does not exist: {hint}")


def exists(path: Path) -> bool:
    """Whether something lies at `path`.

    Raises:
        DataError: It may not be looked at, or no file can have such a name.
    """
    try:
        return path.exists()
    except OSError as error:
        raise DataError(
            f"{str(path)[:200]!r} cannot be looked at ({error.strerror}): give the path of a file "
            "or folder that you may read"
        ) from error
