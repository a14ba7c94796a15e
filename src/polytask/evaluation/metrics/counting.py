"""Metrics of answers that are right or wrong: accuracy, F1, MCC, quadratic kappa."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

import numpy as np

from polytask.evaluation.metrics.encoding import code, counts, positions
from polytask.evaluation.metrics.metric import Metric, ratio
from polytask.evaluation.metrics.right import right

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.evaluation.prediction import Prediction
    from polytask.tasks.task import Kind, Target, Task

_LABELLED: tuple[Kind, ...] = ("binary", "multiclass", "multilabel", "ordinal", "tagging")
_ONE_LABEL: tuple[Kind, ...] = ("binary", "multiclass", "ordinal", "tagging")


class Accuracy(Metric):
    """Share of right answers: rows; tokens for tagging; exactly the label set for multilabel."""

    name = "accuracy"
    kinds = _LABELLED

    def per_row(self, task: Task, targets: Sequence[Target], prediction: Prediction) -> np.ndarray:
        """Right answers and answers, `(n, 2)`."""
        if task.kind != "tagging":
            found = right(task, targets, prediction).astype(float)
            return np.stack([found, np.ones(len(found))], axis=1)
        _, made = counts(task, targets, prediction)
        totals: np.ndarray = made[:, :2].sum(axis=2)
        return totals

    def value(self, sums: np.ndarray) -> np.ndarray:
        """Right answers over answers."""
        return ratio(sums[..., 0], sums[..., 1])


class _Counted(Metric):
    """Computed from how often each label was right, true and answered."""

    def per_row(self, task: Task, targets: Sequence[Target], prediction: Prediction) -> np.ndarray:
        """Right, true and answered counts of every label, `(n, 3 * labels)`."""
        _, made = counts(task, targets, prediction)
        return made.reshape(len(made), -1)


def _f1(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """F1 by label, NaN for a label neither true nor answered, and how often each is true."""
    both, truth, answer = np.moveaxis(sums.reshape(*sums.shape[:-1], 3, -1), -2, 0)
    return ratio(2 * both, truth + answer), truth


class MacroF1(_Counted):
    """Mean over labels of F1 = 2·right / (true + answered).

    The mean runs over labels that occur among targets or answers, as scikit-learn's default does
    for one label a row; for multilabel it equals scikit-learn with `zero_division=nan`. For
    tagging it is over tags and tokens.
    """

    name = "macro_f1"
    kinds = _LABELLED

    def value(self, sums: np.ndarray) -> np.ndarray:
        """Mean of the defined F1."""
        each, _ = _f1(sums)
        defined = ~np.isnan(each)
        return ratio(np.where(defined, each, 0.0).sum(axis=-1), defined.sum(axis=-1))


class WeightedF1(_Counted):
    """Mean over labels of F1, each weighted by how often it is true."""

    name = "weighted_f1"
    kinds = _LABELLED

    def value(self, sums: np.ndarray) -> np.ndarray:
        """F1 weighted by support."""
        each, truth = _f1(sums)
        return ratio(np.where(np.isnan(each), 0.0, each * truth).sum(axis=-1), truth.sum(axis=-1))


class MicroF1(_Counted):
    """F1 of all labels counted together; with one label a row it equals accuracy."""

    name = "micro_f1"
    kinds: ClassVar[tuple[Kind, ...]] = ("multilabel",)

    def value(self, sums: np.ndarray) -> np.ndarray:
        """2·right / (true + answered)."""
        both, truth, answer = np.moveaxis(sums.reshape(*sums.shape[:-1], 3, -1).sum(axis=-1), -1, 0)
        return ratio(2 * both, truth + answer, 0.0)


class MCC(_Counted):
    """Matthews correlation coefficient, its form for several classes.

    Formula: with s rows, c of them right, t_k rows true and p_k answered as class k,
    (c·s − Σ t_k p_k) / √((s² − Σ p_k²)(s² − Σ t_k²)); 0 where undefined (one class only).
    Source: Gorodkin, "Comparing two K-category assignments by a K-category correlation
    coefficient", Computational Biology and Chemistry, 2004.
    """

    name = "mcc"
    kinds = _ONE_LABEL
    bounds = (-1.0, 1.0)

    def value(self, sums: np.ndarray) -> np.ndarray:
        """The coefficient, −1 to 1."""
        both, truth, answer = np.moveaxis(sums.reshape(*sums.shape[:-1], 3, -1), -2, 0)
        rows = truth.sum(axis=-1)
        covariance = both.sum(axis=-1) * rows - (truth * answer).sum(axis=-1)
        spread = (rows**2 - (answer**2).sum(axis=-1)) * (rows**2 - (truth**2).sum(axis=-1))
        return ratio(covariance, np.sqrt(np.maximum(spread, 0.0)), 0.0)


class QuadraticKappa(Metric):
    """Cohen's kappa with quadratic weights over the positions of ordinal labels.

    Formula: 1 − Σ (t − a)² / Σ over all pairs of a target t and an answer a drawn independently,
    which needs only the sums of t, a, t², a² and (t − a)². A target that training never had
    stands at the end of the scale that is farther from its answer.
    Source: Cohen, "Weighted kappa", Psychological Bulletin, 1968.
    """

    name = "quadratic_kappa"
    kinds: ClassVar[tuple[Kind, ...]] = ("ordinal",)
    bounds = (-1.0, 1.0)

    def per_row(self, task: Task, targets: Sequence[Target], prediction: Prediction) -> np.ndarray:
        """1, t, a, t², a², (t − a)²: `(n, 6)`."""
        truth, answer = steps(task, targets, prediction)
        squares = (truth**2, answer**2, (truth - answer) ** 2)
        return np.stack([np.ones(len(truth)), truth, answer, *squares], axis=1)

    def value(self, sums: np.ndarray) -> np.ndarray:
        """Kappa, −1 to 1; NaN if all targets and answers are one label."""
        rows, truth, answer, truth2, answer2, apart = np.moveaxis(sums, -1, 0)
        expected = truth2 + answer2 - 2 * ratio(truth * answer, rows, 0.0)
        # Positions are small integers: anything below a millionth is rounding of an exact 0.
        return np.where(expected < 1e-6, np.nan, 1 - ratio(apart, np.maximum(expected, 1e-6)))


def steps(
    task: Task, targets: Sequence[Target], prediction: Prediction
) -> tuple[np.ndarray, np.ndarray]:
    """Targets and answers of an ordinal task as positions on its scale, floats `(n,)`.

    A target that training never had stands at the end of the scale farther from its answer.
    """
    coded = code(task, targets, prediction)
    last = len(task.labels) - 1
    answer = np.minimum(coded.answer, last)
    far = np.where(answer * 2 >= last, 0, last)
    truth = np.where(coded.truth > last, far, coded.truth)
    return truth.astype(float), answer.astype(float)


def confusion_counts(
    task: Task, targets: Sequence[Target], prediction: Prediction
) -> tuple[tuple[str, ...], np.ndarray]:
    """Labels and integers `(labels, labels)`: true label by row, answered label by column."""
    coded = code(task, targets, prediction)
    width = len(coded.labels)
    flat = np.bincount(coded.truth * width + coded.answer, minlength=width * width)
    return coded.labels, flat.reshape(width, width)


def label_positions(task: Task, targets: Sequence[Target]) -> np.ndarray:
    """Positions of targets in the task's labels, −1 where training never had the label."""
    return positions(cast("Sequence[object]", targets), task.labels)
