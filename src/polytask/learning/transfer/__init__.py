"""Transfer: how a pretrained encoder becomes one for new tasks; one method a file, peft's in one.

Transfers are plain values that import torch only when they are used, so that plans can name them.
They know encoders, neither heads nor tasks. Adding one: its file, its line in `TRANSFERS`, its
test.
"""

from __future__ import annotations

from polytask._catalogue import Catalogue

_HERE = "polytask.learning.transfer"
_PEFT = (
    *("LoRA", "DoRA", "LoHa", "LoKr", "OFT", "HRA", "IA3", "LNTuning", "VeRA", "RandLoRA"),
    *("FourierFT", "DeLoRA", "MiSS", "GraLoRA"),
)

TRANSFERS = Catalogue(
    "transfer",
    {
        "Whole": f"{_HERE}.whole",
        "LayerwiseRates": f"{_HERE}.layerwise_rates",
        "GradualUnfreezing": f"{_HERE}.gradual_unfreezing",
        "LPFT": f"{_HERE}.lpft",
        "Bottleneck": f"{_HERE}.bottleneck",
        "AdapterFusion": f"{_HERE}.adapter_fusion",
        "Averaging": f"{_HERE}.averaging",
        "AdaLoRA": f"{_HERE}.adalora",
        **dict.fromkeys(_PEFT, f"{_HERE}.peft_methods"),
    },
)
