"""Balancing: how the losses of a batch become one; one method a file.

Balancers are plain values that import torch only when they start, so that plans can name them.
They do not know encoders, heads or training. Adding one: its file, its line in `BALANCERS`, its
test.
"""

from __future__ import annotations

from polytask._catalogue import Catalogue

_HERE = "polytask.learning.balancing"

BALANCERS = Catalogue(
    "balancer",
    {
        "Equal": f"{_HERE}.equal",
        "Uncertainty": f"{_HERE}.uncertainty",
    },
)
