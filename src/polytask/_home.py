"""Where polytask keeps what outlives a run: weights, cached features, the memo."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The folder `POLYTASK_HOME`, or `polytask` in the user's cache folder; not created here."""
    chosen = os.environ.get("POLYTASK_HOME")
    if chosen:
        return Path(chosen).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "polytask"
