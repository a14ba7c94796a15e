"""The base of samplings: one question, `size`: how many rows a set of rows counts as."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


class Sampling(ABC):
    """Decides how large and small sets of rows share an epoch."""

    cost: ClassVar[str] = "nothing"

    @abstractmethod
    def size(self, rows: int) -> float:
        """What `rows` rows count as; only ratios matter."""

    def quotas(self, sizes: Sequence[int]) -> list[int]:
        """Rows an epoch for each of several tables; they sum to about the rows there are."""
        counted = np.array([self.size(rows) for rows in sizes])
        shares = counted / counted.sum() * sum(sizes)
        return [max(1, round(float(share))) for share in shares]

    def factor(self, labelled: int, rows: int) -> float:
        """Weight of a task that only `labelled` of the `rows` rows of its table have a label for.

        Training divides a task's loss by all rows of the batch; the factor brings a sparsely
        labelled task up to what `size` says it should count beside a fully labelled one.
        """
        if labelled == 0:
            return 0.0
        return self.size(labelled) / self.size(rows) * rows / labelled
