"""The base of metrics: one question, what each row contributes."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.evaluation.prediction import Prediction
    from polytask.tasks.task import Kind, Target, Task


class Metric(ABC):
    """A figure of merit computed from one vector of statistics a row.

    Because rows contribute sums, the metric of a bootstrap draw needs no pass over the data: with
    the draw's count of each row, `counts @ rows` are its sums. Metrics that are no function of
    sums (ranks) override `resampled`.
    """

    name: ClassVar[str]
    kinds: ClassVar[tuple[Kind, ...]]
    """Kinds of task it is defined for."""
    higher_is_better: ClassVar[bool] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    """The least and greatest value it can take."""

    @property
    def sign(self) -> float:
        """What to multiply a value by so that higher is better: 1.0 or −1.0."""
        return 1.0 if self.higher_is_better else -1.0

    @abstractmethod
    def per_row(self, task: Task, targets: Sequence[Target], prediction: Prediction) -> np.ndarray:
        """Statistics `(n, k)` of n labelled rows; a tagged sentence is one row."""

    def value(self, sums: np.ndarray) -> np.ndarray:
        """The metric from sums of statistics, `(..., k)` to `(...)`; NaN where undefined."""
        raise NotImplementedError(f"{self.name} is computed by `resampled`")  # pragma: no cover

    def resampled(self, rows: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """The metric of each draw.

        Args:
            rows: What `per_row` gave, `(n, k)`.
            counts: How often each draw holds each row, floats `(draws, n)`.

        Returns:
            `(draws,)`; NaN where a draw leaves the metric undefined.
        """
        return self.value(counts @ rows)

    def of(self, task: Task, targets: Sequence[Target], prediction: Prediction) -> float:
        """The metric of all rows; NaN where undefined."""
        rows = self.per_row(task, targets, prediction)
        return float(self.resampled(rows, np.ones((1, len(rows))))[0]) if len(rows) else math.nan

    def applies(self, task: Task) -> bool:
        """Whether it is defined for `task`."""
        return task.kind in self.kinds


def ratio(above: np.ndarray, below: np.ndarray, otherwise: float = math.nan) -> np.ndarray:
    """`above / below`, and `otherwise` where `below` is 0.

    >>> ratio(np.array([1.0, 1.0]), np.array([2.0, 0.0]), 0.0).tolist()
    [0.5, 0.0]
    """
    safe = np.where(below == 0, 1.0, below)
    return np.where(below == 0, otherwise, above / safe)
