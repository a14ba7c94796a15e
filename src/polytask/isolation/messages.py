"""Inputs and outputs of isolated code as bytes: one safetensors blob, its metadata holds JSON.

Read by the process outside and by the one inside, which cannot import `polytask`: so this file
imports nothing of it. Nothing is pickled: reading a message runs no code.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

_LENGTH = 8  # bytes that say how long the header of a safetensors file is


def pack(values: Mapping[str, Any]) -> bytes:
    """Named values, each plain data or an array of numbers, as bytes.

    Raises:
        TypeError: A name is no text, or a value is neither plain data nor an array of numbers.
        ValueError: A number in plain data is not finite.

    >>> unpack(pack({"names": ["a"], "x": np.ones(2)}))
    {'names': ['a'], 'x': array([1., 1.])}
    """
    from safetensors.numpy import save

    if not all(isinstance(name, str) for name in values):
        raise TypeError(f"values have names, which are text; found {[*values]!r}")
    arrays = {n: np.ascontiguousarray(v) for n, v in values.items() if isinstance(v, np.ndarray)}
    for name, array in arrays.items():
        if array.dtype.kind not in "biuf":
            raise TypeError(f"{name!r} is an array of {array.dtype}; arrays hold numbers")
    plain = {name: value for name, value in values.items() if name not in arrays}
    found: bytes = save(arrays, {"json": json.dumps(plain, allow_nan=False)})
    return found


def unpack(blob: bytes) -> dict[str, Any]:
    """The named values that `pack` made bytes of.

    Raises:
        ValueError: The bytes are no such message.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(blob)
        size = int.from_bytes(blob[:_LENGTH], "little")
        plain = json.loads(json.loads(blob[_LENGTH : _LENGTH + size])["__metadata__"]["json"])
    except (SafetensorError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"no message ({type(error).__name__})") from error
    if not isinstance(plain, dict):
        raise ValueError("no message (its JSON is no dict)")  # noqa: TRY004 — of the contents
    return {**plain, **arrays}
