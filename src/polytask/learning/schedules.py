"""Schedules by name: how the learning rates go after the warm-up, as transformers names them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SCHEDULES: Mapping[str, Callable[[int, int, int], float]] = {
    "linear": lambda step, warm, steps: (steps - step) / max(1, steps - warm),
    "cosine": lambda step, warm, steps: 0.5 + 0.5 * math.cos(math.pi * _gone(step, warm, steps)),
    "polynomial": lambda step, warm, steps: (1 - _gone(step, warm, steps)) ** 2,
    "inverse_sqrt": lambda step, warm, _: math.sqrt(warm / max(warm, step)),
    "constant_with_warmup": lambda *_: 1.0,
    "constant": lambda *_: 1.0,
}
"""By name the factor of the rates from the step, the steps of warm-up and all steps.

Sources: linear, Devlin et al., BERT, 2019, arXiv 1810.04805; cosine, Loshchilov & Hutter, SGDR,
2017, arXiv 1608.03983; inverse square root, Vaswani et al., 2017, arXiv 1706.03762.
"""


def factor(name: str, step: int, steps: int, warmup: float) -> float:
    """The factor of the learning rates at `step` (from 0) of `steps`, from 0 to 1.

    Args:
        name: The schedule; all but "constant" begin with a linear warm-up.
        step: The step.
        steps: All steps.
        warmup: Share of the steps in which the factor rises.

    >>> [round(factor("linear", step, 4, 0.5), 2) for step in range(4)]
    [0.5, 1.0, 1.0, 0.5]
    """
    warm = max(1, round(warmup * steps))
    if step < warm and name != "constant":
        return (step + 1) / warm
    return SCHEDULES[name](step, warm, steps)


def _gone(step: int, warm: int, steps: int) -> float:
    """The share of the steps after the warm-up that lie behind."""
    return (step - warm) / max(1, steps - warm)
