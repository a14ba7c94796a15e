"""How alike two tasks are, by their facts alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from polytask.knowledge.record import Facts

OTHER_LANGUAGE = 0.6
"""What a task in another language counts; like the widths below it is a choice, not measured."""
WIDTH = 2.0
"""A factor of e in rows, classes or length takes exp(−1 / WIDTH)."""


def alike(one: Facts, other: Facts) -> float:
    """How much a result on `other` says about `one`: 1 for equal facts, 0 for another kind.

    The product of exp(−|ln a − ln b| / 2) over rows, classes and length, times 0.6 where the
    languages differ; 0 where kind or modality do.

    >>> from polytask.knowledge import Facts
    >>> small = Facts("binary", "accuracy", "text", "en", 500, 2, 20.0)
    >>> large = Facts("binary", "accuracy", "text", "en", 5000, 2, 20.0)
    >>> alike(small, small), round(alike(small, large), 2)
    (1.0, 0.32)
    """
    if (one.kind, one.modality) != (other.kind, other.modality):
        return 0.0
    language = 1.0 if one.language == other.language else OTHER_LANGUAGE
    apart = (
        _apart(one.rows, other.rows)
        + _apart(one.classes, other.classes)
        + _apart(one.length, other.length)
    )
    return language * math.exp(-apart / WIDTH)


def _apart(a: float, b: float) -> float:
    return abs(math.log(max(a, 1.0)) - math.log(max(b, 1.0)))
