"""Encoders: inputs to features, one kind a file.

May import `tasks` and torch; does not know heads, tasks to learn or training. Adding an encoder:
its file, its line in `ENCODERS`, its test.
"""

from __future__ import annotations

from polytask._catalogue import Catalogue

_HERE = "polytask.learning.encoders"

ENCODERS = Catalogue(
    "encoder",
    {
        "TextEncoder": f"{_HERE}.text",
        "ImageEncoder": f"{_HERE}.image",
    },
)
