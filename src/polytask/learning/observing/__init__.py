"""Observers: what a training changes about itself while it runs; one method a file.

Plain values without torch; they read what dev and losses said after each epoch and answer with a
change and its measured reason. A recipe chooses one by name, `FineTune(observer=Plateau())`.
Adding one: its file, its line in `OBSERVERS`, its test; `tests/contracts/test_observers.py` then
holds it to what all keep.
"""

from __future__ import annotations

from polytask._catalogue import Catalogue

_HERE = "polytask.learning.observing"

OBSERVERS = Catalogue(
    "observer",
    {
        "Plateau": f"{_HERE}.plateau",
        "Rescue": f"{_HERE}.rescue",
        "Reweight": f"{_HERE}.reweight",
        "DropTask": f"{_HERE}.drop_task",
        "Thaw": f"{_HERE}.thaw",
        "Extrapolate": f"{_HERE}.extrapolate",
    },
)
