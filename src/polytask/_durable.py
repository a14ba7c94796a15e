"""Writing that a crash cannot leave half done: a temporary name, the disk, then the name."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, text: str) -> None:
    """Write UTF-8 text to `path`, whole or not at all.

    Raises:
        OSError: It cannot be written; what stood there stands there still.
    """
    temporary = path.with_name(f"{path.name}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def publish(temporary: Path, final: Path) -> None:
    """Force everything below the folder `temporary` onto the disk, then give it its name.

    Raises:
        OSError: It cannot be written, or `final` is there already and not empty.
    """
    for path in sorted(temporary.rglob("*")):
        sync(path)
    sync(temporary)
    temporary.rename(final)
    sync(final.parent)


def sync(path: Path) -> None:
    """Force a file, or the names in a folder, onto the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
