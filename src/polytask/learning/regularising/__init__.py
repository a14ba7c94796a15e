"""Regularising: how training asks a batch more than once, or otherwise; one method a file.

Regularisers are plain values that import torch only when they are used, so that plans can name
them. They know what a look at a batch answers (`learning.looking`), not how it is trained on.
Adding one: its file, its line in `REGULARISERS`, its test.
"""

from __future__ import annotations

from polytask._catalogue import Catalogue

_HERE = "polytask.learning.regularising"

REGULARISERS = Catalogue(
    "regulariser",
    {
        "RDrop": f"{_HERE}.rdrop",
        "Mixup": f"{_HERE}.mixup",
        "StochasticDepth": f"{_HERE}.stochastic_depth",
        "FGM": f"{_HERE}.fgm",
        "PGD": f"{_HERE}.pgd",
        "FreeLB": f"{_HERE}.freelb",
        "VAT": f"{_HERE}.vat",
    },
)
