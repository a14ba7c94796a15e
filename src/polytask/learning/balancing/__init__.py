"""Balancing: how the losses of a batch become one; one method a file, torchjd's in two.

Balancers are plain values that import torch only when they start, so that plans can name them.
They do not know encoders, heads or training. Adding one: its file, its line in `BALANCERS`, its
test.
"""

from __future__ import annotations

from polytask._catalogue import Catalogue

_HERE = "polytask.learning.balancing"
_SCALARIZERS = ("RLW", "DWA", "FAMO", "GLS", "STCH", "COSMOS", "PBI", "Constant")
_AGGREGATORS = (
    *("PCGrad", "GradVac", "MGDA", "IMTLG", "AlignedMTL", "UPGrad", "DualProj", "FairGrad"),
    *("ExcessMTL", "PCD", "Krum", "ConFIG", "GradDrop", "TrimmedMean"),
)

BALANCERS = Catalogue(
    "balancer",
    {
        "Equal": f"{_HERE}.equal",
        "Uncertainty": f"{_HERE}.uncertainty",
        "IMTLL": f"{_HERE}.imtl_l",
        "GradNorm": f"{_HERE}.grad_norm",
        "CAGrad": f"{_HERE}.cagrad",
        "NashMTL": f"{_HERE}.nash_mtl",
        **dict.fromkeys(_SCALARIZERS, f"{_HERE}.scalarizers"),
        **dict.fromkeys(_AGGREGATORS, f"{_HERE}.aggregators"),
    },
)
