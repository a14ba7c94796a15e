"""Optional packages: asked for where they are used, with the pip line in the error."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from polytask._errors import MissingError

if TYPE_CHECKING:
    from types import ModuleType


def require(module: str, *, extra: str, why: str) -> ModuleType:
    """Import `module`, or say how to install it.

    Args:
        module: The importable name, e.g. `"pandas"`.
        extra: The extra of polytask that brings it.
        why: What needs it, as the start of a sentence.

    Raises:
        MissingError: The module is not installed; the message holds the pip line.

    >>> require("json", extra="none", why="A test").__name__
    'json'
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        message = f"{why} needs the package {module!r}: pip install 'polytask[{extra}]'"
        raise MissingError(message) from error
