"""One softmax over the classes of several tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from polytask.learning.losses.cross_entropy import CrossEntropy

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(eq=False)
class JointSoftmax(CrossEntropy):
    r"""Cross-entropy over the classes of all tasks that have it: one loss for several tasks.

    $\ell_i = -(z_{i, y_i} - \log \sum_{t} \sum_{c \in C_t} e^{z_{ic}}) / \log \sum_t |C_t|$ over
    the task of the row and those tasks that stand on other tables; the logits of its own come
    first, so that class numbers stay. Rows of one task are thus wrong answers for the others, and
    the mass of a task's classes says whether a row is one of its rows: `which_task`. A task is
    answered from its own logits; with one task, or tasks on one table alone, it is `CrossEntropy`.
    (Softmax: Bridle, Probabilistic Interpretation of Feedforward Classification Network Outputs,
    1990.)

    Args:
        smoothing: As for `CrossEntropy`, over all classes.

    Raises:
        ConfigError: `smoothing` out of range.

    >>> import torch
    >>> JointSoftmax()(torch.zeros(2, 3 + 4), torch.tensor([2, 0])).tolist()
    [1.0, 1.0]
    """

    cost: ClassVar[str] = "the heads of the other tasks, once a row"
    kinds: ClassVar[frozenset[str]] = frozenset({"binary", "multiclass"})
    joint: ClassVar[bool] = True

    smoothing: float = 0.0


def which_task(scores: Mapping[str, np.ndarray]) -> np.ndarray:
    """How likely each row is one of each task: the mass of its classes in the joint softmax.

    Args:
        scores: By task the logits `(n, classes)` of the same rows, as a part trained with
            `JointSoftmax` gives them: `part.scores(inputs, ["intent", "topic"])`.

    Returns:
        Probabilities `(n, tasks)`, in the order of `scores`.

    >>> logits = {"intent": np.log([[1.0, 2.0, 3.0]]), "topic": np.log([[1.0, 1.0]])}
    >>> which_task(logits).round(2).tolist()
    [[0.75, 0.25]]
    """
    highest = np.max([found.max(axis=1) for found in scores.values()], axis=0)[:, None]
    masses = np.stack([np.exp(s - highest).sum(axis=1) for s in scores.values()], axis=1)
    shares: np.ndarray = masses / masses.sum(axis=1, keepdims=True)
    return shares
