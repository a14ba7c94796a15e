"""Sampling: which rows an epoch takes, of large and of small tables; one method a file.

Plain values without torch; they do not know models or training. A recipe chooses one by name,
`FineTune(sampling=Uniform())`. Adding one: its file, its line in `SAMPLINGS`, its test;
`tests/contracts/test_samplings.py` then holds it to what all keep.
"""

from __future__ import annotations

from polytask._catalogue import Catalogue

_HERE = "polytask.learning.sampling"

SAMPLINGS = Catalogue(
    "sampling",
    {
        "Proportional": f"{_HERE}.proportional",
        "Temperature": f"{_HERE}.temperature",
        "Uniform": f"{_HERE}.uniform",
        "Annealed": f"{_HERE}.annealed",
        "DevProgress": f"{_HERE}.dev_progress",
        "Curriculum": f"{_HERE}.curriculum",
        "AutoSeM": f"{_HERE}.autosem",
    },
)
