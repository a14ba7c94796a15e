"""Equal weights: the plain sum of the losses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from polytask.learning.balancing.balancer import Balancer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.balancing.weightings import Weighting


@dataclass(frozen=True)
class Equal(Balancer):
    """The sum of the losses.

    With losses normalised by kind it matches gradient surgery on most benchmarks. (Kurin et al.,
    In Defense of the Unitary Scalarization for Deep Multi-Task Learning, 2022, arXiv 2201.04122.)

    >>> import torch
    >>> Equal().start(["a", "b"])({"a": torch.tensor(1.0), "b": torch.tensor(2.0)}).item()
    3.0
    """

    cost: ClassVar[str] = "nothing"

    def start(self, tasks: Sequence[str]) -> Weighting:
        """A sum without state."""
        from polytask.learning.balancing.weightings import Sum

        del tasks
        return Sum()
