"""What a part answers: raw scores, and the decisions made from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from polytask.tasks.task import Target

Scores: TypeAlias = "np.ndarray | list[np.ndarray]"
"""Raw outputs of a head for n rows, before any decision, in the order of `Task.labels`:

- binary, multiclass, ordinal: logits `(n, classes)`; their softmax is the probability;
- multilabel: logits `(n, labels)`; their sigmoid is the probability;
- regression: values `(n,)` in the target's unit;
- tagging: a list of n arrays `(tokens, tags)` of logits, one row a token of the user;
- program (without a target): an array `(n,)` of what it returned.
"""


def scores_of(scores: Scores, rows: Sequence[int]) -> Scores:
    """The scores of some `rows`, in that order.

    >>> import numpy as np
    >>> scores_of([np.zeros((1, 2)), np.ones((1, 2))], [1])
    [array([[1., 1.]])]
    """
    return [scores[i] for i in rows] if isinstance(scores, list) else scores[list(rows)]


NEVER = 2.0
"""A `sure_from` that no confidence reaches: the error rate cannot be promised for any answer."""


@dataclass(frozen=True)
class Decisions:
    """How scores of one task become answers; fitted on dev, stored in the model.

    Args:
        temperature: Logits are divided by it before the softmax or sigmoid.
        thresholds: Multilabel: the probability from which each label is given; empty means 0.5.
        sure_from: Confidence from which an answer is sure; below it the answer is "not sure".
            0 means always sure.
        error_rate: The error rate among sure answers that `sure_from` was fitted for.
    """

    temperature: float = 1.0
    thresholds: tuple[float, ...] = ()
    sure_from: float = 0.0
    error_rate: float = 0.05


@dataclass(frozen=True)
class Prediction:
    """Answers of one task for n rows.

    Args:
        labels: One target a row (label, number, labels or tags).
        confidence: Calibrated confidence in the answer, `(n,)` in 0–1; NaN for regression.
        sure: Whether each answer is sure, `(n,)` bool.
        probabilities: Calibrated probabilities in the order of the task's labels: `(n, classes)`,
            or for tagging a list of `(tokens, tags)`; `None` for regression.
    """

    labels: Sequence[Target]
    confidence: np.ndarray
    sure: np.ndarray
    probabilities: Scores | None = None
