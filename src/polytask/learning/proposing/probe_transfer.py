"""What the answers of a probe for one task say of another task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from polytask.learning.proposing.proposer import Gain, Pairwise

if TYPE_CHECKING:
    from collections.abc import Callable

    from polytask.learning.probing import Labelled
    from polytask.learning.proposing.known import Known

    Answers = Callable[[np.ndarray], np.ndarray]

_PENALTY = 0.1  # what probes take where no dev row can choose
_PARTS = 3  # numbers are taken for as many classes, of about as many rows each
_STEPS = 50


@dataclass(frozen=True)
class ProbeTransfer(Pairwise):
    r"""The share of a task's uncertainty that a probe for the other task takes away.

    The probe, a penalised logistic regression on features of a frozen encoder, gives each row of
    the task the probabilities :math:`\theta(x)_z` of the other's classes z. With the shares
    :math:`P(y \mid z)` of the task's own classes among rows so weighted, the score is
    :math:`1 + \frac{1}{n \log C} \sum_i \log \sum_z P(y_i \mid z)\, \theta(x_i)_z`, LEEP over the
    entropy of the task: 0 where the probe says nothing, 1 where it says all. Numbers are cut into
    thirds; of several labels it is the mean. (LEEP: Nguyen et al., LEEP: A New Measure to Evaluate
    Transferability of Learned Representations, 2020, arXiv 2002.12462; there of a network that was
    trained for the other task.)

    >>> from polytask.learning.probing import Labelled
    >>> from polytask.learning.proposing.known import Known
    >>> from polytask.tasks.task import Column, Task
    >>> def task(name):
    ...     return Task(name, name, (Column("t"),), name, "binary", "accuracy", ("no", "yes"))
    >>> at = np.linspace(-9, 9, 40)[:, None].astype(np.float32)
    >>> truth = (at[:, 0] > 0).astype(int)
    >>> samples = {"a": Labelled(at, truth, []), "b": Labelled(at, truth, [])}
    >>> samples["c"] = Labelled(at, np.arange(40) % 2, [])
    >>> known = Known({name: task(name) for name in "abc"}, samples=samples)
    >>> scores = [ProbeTransfer().pair(name, "b", known).score for name in "ac"]
    >>> scores[0] > 0.4 > 0.01 > scores[1]
    True
    """

    cost: ClassVar[str] = "a logistic regression on 300 rows a task, beside their features"

    def pair(self, task: str, other: str, known: Known) -> Gain | None:
        """LEEP over entropy; nothing between tags and whole texts."""
        if not {task, other} <= set(known.samples):
            return None
        if (known.tasks[task].kind == "tagging") != (known.tasks[other].kind == "tagging"):
            return None
        probe: Answers = known.recall(("probe", other), lambda: _probe(other, known))
        soft = probe(known.samples[task].features)
        columns = _columns(_classes(task, known))
        shares = [share for column in columns if (share := explained(soft, column)) is not None]
        if not shares:
            return None
        score = round(float(np.mean(shares)), 6)
        return Gain(score, f"a probe for {other} tells {100 * score:.0f} % of what {task} asks")


def explained(soft: np.ndarray, truth: np.ndarray) -> float | None:
    """LEEP of soft answers for a truth, as a share of the truth's entropy; `None` for one class.

    Args:
        soft: `(n, z)` probabilities, rows sum to 1.
        truth: `(n,)` class numbers; rows below 0 are left out.

    >>> explained(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([1, 0]))
    1.0
    >>> explained(np.array([[0.5, 0.5], [0.5, 0.5]]), np.array([1, 0]))
    0.0
    """
    soft, truth = soft[truth >= 0], truth[truth >= 0]
    if len(np.unique(truth)) < 2:
        return None
    given = np.eye(truth.max() + 1)[truth]
    together = soft.T @ given / len(truth)  # (z, y)
    conditional = together / np.maximum(together.sum(axis=1, keepdims=True), 1e-12)
    leep = np.log(np.maximum((soft @ conditional)[np.arange(len(truth)), truth], 1e-12)).mean()
    rate = given.mean(axis=0)
    entropy = -(rate[rate > 0] * np.log(rate[rate > 0])).sum()
    return float(max(0.0, 1 + leep / entropy))


def _probe(task: str, known: Known) -> Answers:
    """A probe for a task: features of rows to probabilities of its classes or labels."""
    from polytask.learning.logistic import logistic_path
    from polytask.learning.probing import Scaling

    sample, truth = known.samples[task], _classes(task, known)
    count = truth.shape[1] if truth.ndim == 2 else int(truth.max(initial=0)) + 1
    scaling = Scaling.learn(sample.features)
    path = logistic_path(scaling(sample.features), truth, count, (_PENALTY,), steps=_STEPS)
    model = next(path)

    def answers(features: np.ndarray) -> np.ndarray:
        logits = model(scaling(features)).astype(np.float64)
        if truth.ndim == 2:
            raised = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
        else:
            raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))

    return answers


def _classes(task: str, known: Known) -> np.ndarray:
    """The truth of a sample as class numbers, or as given labels; numbers in thirds."""
    sample: Labelled = known.samples[task]
    if known.tasks[task].kind != "regression":
        return sample.truth
    ends = np.quantile(sample.truth, np.arange(1, _PARTS) / _PARTS)
    return np.searchsorted(ends, sample.truth, side="left")


def _columns(truth: np.ndarray) -> list[np.ndarray]:
    return list(truth.T.astype(int)) if truth.ndim == 2 else [truth]
