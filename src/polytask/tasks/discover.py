"""Which files a source means: a file, a folder, a glob or several of them, named and split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from polytask.tasks.files_format import Format


@dataclass(frozen=True)
class SourceFile:
    """One file (or one image folder tree) of a named source.

    Args:
        path: The file; of an image tree the folder that holds the class folders.
        split: By its name: "train", "dev", "test", or "" where the name says nothing.
        format: How it is read.
    """

    path: Path
    split: Literal["train", "dev", "test", ""]
    format: Format


def discover(source: str | Path | Sequence[str | Path]) -> dict[str, list[SourceFile]]:
    """Files of `source` by name, each with the split that its name says.

    `snips/{train,dev,test}.parquet` is one source "snips"; `reviews_train.csv` and
    `reviews_test.csv` are one source "reviews"; a folder tree with a class a folder is one source
    named by the folder.

    Args:
        source: A file, a folder (looked through to four levels), a glob, or several of them.

    Raises:
        DataError: Nothing there, or nothing that can be read; says what was found and what is
            read.
    """
    return {}
