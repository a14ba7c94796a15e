"""Teachers: what trained parts answer on training rows, as targets that give way to labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from polytask.learning.losses.binary_cross_entropy import BinaryCrossEntropy
from polytask.learning.losses.crf import marginals
from polytask.learning.losses.distillation import Distillation
from polytask.learning.losses.squared_error import SquaredError
from polytask.learning.part_files import load_part

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor

    from polytask.evaluation.prediction import Scores
    from polytask.learning.heads.head import Head
    from polytask.learning.losses.loss import Loss
    from polytask.tasks.task import Fold


class Teachers:
    r"""What some tasks are taught by trained parts, and how much of it still counts.

    The loss of a row is $\lambda \ell(z, y) + (1 - \lambda) d(z, z^T)$ with the logits $z$ of the
    student and $z^T$ of the teacher. $\lambda$ rises linearly from 0 at the first step to 1 at the
    last: the target moves from the teacher to the label. $d$ is the divergence of the classes
    (`Distillation` at temperature 1), the cross-entropy of each label of many, or the squared error
    of a number. Rows without a label are not taught, so that a task weighs what it weighed.
    (Teacher annealing: Clark et al., BAM! Born-Again Multi-Task Networks for Natural Language
    Understanding, 2019, arXiv 1907.04829.)

    Args:
        heads: The heads of the student, fitted to the training targets.
        fold: The rows it is trained on.
        folders: By task the saved part that teaches it.
    """

    def __init__(self, heads: Mapping[str, Head], fold: Fold, folders: Mapping[str, Path]) -> None:
        self.labels = 1.0
        """The share of the labels, λ."""
        self.answers = {
            task: _answers(heads[task], fold, folder) for task, folder in folders.items()
        }
        self.losses = {task: _loss(heads[task]) for task in folders}

    def update(self, step: int, steps: int) -> None:
        """Move the targets on: `step` (from 0) of `steps` is about to be taken."""
        self.labels = step / max(1, steps - 1)

    def __call__(self, task: str, index: np.ndarray, logits: Tensor, loss: Tensor) -> Tensor:
        """The loss of the rows `index`; `loss` as it is where nobody teaches the task.

        Args:
            task: The task.
            index: The rows, by their place among the training rows.
            logits: What the head of the student says of them.
            loss: Their loss against the labels, `(n,)`.
        """
        if task not in self.answers:
            return loss
        rows = [self.answers[task][i] for i in index]
        target = _stacked(rows, logits.shape[1:2]).to(logits.device)
        # the potentials of a chain of tags, (n, t, C, C), are first made the tags of each token
        student = marginals(logits) if logits.dim() == 4 else logits
        taught: Tensor = self.losses[task](student, target)
        return self.labels * loss + (1 - self.labels) * taught


def _loss(head: Head) -> Loss:
    if head.task.kind == "multilabel":
        return BinaryCrossEntropy()
    return SquaredError() if head.task.kind == "regression" else Distillation(temperature=1.0)


def _answers(head: Head, fold: Fold, folder: Path) -> list[np.ndarray]:
    """One target a training row, in the unit of the head's logits; NaN where it has no label."""
    task = head.task
    rows = fold.train[task.table]
    scores = load_part(folder).scores(rows.inputs, [task.name])[task.name]
    return [
        np.asarray(row if target is not None else np.full_like(row, np.nan), dtype=np.float32)
        for row, target in zip(_targets(head, scores), rows.targets[task.name], strict=True)
    ]


def _targets(head: Head, scores: Scores) -> Scores:
    if head.task.kind == "multilabel":
        chances: np.ndarray = 1 / (1 + np.exp(-np.asarray(scores)))
        return chances
    if head.task.kind == "regression":
        return np.stack(head.encode([float(value) for value in scores]))
    return scores


def _stacked(rows: list[np.ndarray], width: tuple[int, ...]) -> Tensor:
    """The targets of a batch; those of tokens are filled with NaN to `width` tokens."""
    if rows[0].ndim < 2:
        return torch.as_tensor(np.stack(rows))
    filled = np.full((len(rows), *width, rows[0].shape[1]), np.nan, dtype=np.float32)
    for place, row in zip(filled, rows, strict=True):
        place[: len(row)] = row[: len(place)]
    return torch.as_tensor(filled)
