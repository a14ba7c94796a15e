"""Optimisers by name: those of torch that take each trained number as it comes.

Muon is not among them: it is for matrices alone and needs a second optimiser for all else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch.optim import Optimizer

OPTIMISERS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "adamw": ("AdamW", {"fused": True}),
    "radam": ("RAdam", {"decoupled_weight_decay": True}),
    "nadam": ("NAdam", {"decoupled_weight_decay": True}),
    "adafactor": ("Adafactor", {}),
    "sgd": ("SGD", {"momentum": 0.9, "nesterov": True}),
}
"""By name the class of `torch.optim` and what it is given beside rates and weight decay.

Sources: AdamW, Loshchilov & Hutter, 2019, arXiv 1711.05101; RAdam, Liu et al., 2020, arXiv
1908.03265; NAdam, Dozat, 2016; Adafactor, Shazeer & Stern, 2018, arXiv 1804.04235 (its steps are
a share of each matrix); SGD with Nesterov's momentum, Sutskever et al., 2013 (wants rates some
hundred times higher).
"""


def optimiser(name: str, groups: Sequence[dict[str, Any]]) -> Optimizer:
    """The optimiser `name` for groups of numbers, each with its `lr` and `weight_decay`.

    >>> import torch
    >>> optimiser("sgd", [{"params": [torch.zeros(1)], "lr": 0.1}]).defaults["momentum"]
    0.9
    """
    import torch

    kind, arguments = OPTIMISERS[name]
    made: Optimizer = getattr(torch.optim, kind)(groups, **arguments)
    return made
