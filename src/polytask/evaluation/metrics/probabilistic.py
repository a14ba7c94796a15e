"""Metrics of probabilities: AUROC, log-loss, expected calibration error."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

import numpy as np

from polytask.evaluation.metrics.amounts import sums_by_group
from polytask.evaluation.metrics.counting import label_positions
from polytask.evaluation.metrics.encoding import check_length, indicate
from polytask.evaluation.metrics.metric import Metric, ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.evaluation.prediction import Prediction
    from polytask.tasks.task import Kind, Target, Task

_SOFT: tuple[Kind, ...] = ("binary", "multiclass", "multilabel", "ordinal", "tagging")
BINS = 15
"""Equally wide bins of confidence, as in Guo et al. 2017."""


def probabilities(task: Task, prediction: Prediction) -> np.ndarray:
    """The prediction's probabilities, `(n, labels)`; for tagging `(all tokens, tags)`.

    Raises:
        ValueError: The prediction has none.
    """
    if prediction.probabilities is None:
        raise ValueError(f"The prediction of {task.name!r} holds no probabilities")
    if isinstance(prediction.probabilities, list):
        empty = np.zeros((0, len(task.labels)))
        return np.concatenate([empty, *prediction.probabilities])
    return prediction.probabilities


def _truth(task: Task, targets: Sequence[Target]) -> np.ndarray:
    """Which label is true, boolean `(n, labels)`: all `False` for one that training never had."""
    if task.kind == "multilabel":
        return indicate(cast("Sequence[list[str]]", targets), task.labels)
    position = label_positions(task, _tokens(task, targets))
    return np.asarray(position[:, None] == np.arange(len(task.labels)))


def _tokens(task: Task, targets: Sequence[Target]) -> Sequence[Target]:
    if task.kind != "tagging":
        return targets
    return [tag for tags in cast("Sequence[list[str]]", targets) for tag in tags]


def _by_row(task: Task, targets: Sequence[Target], statistics: np.ndarray) -> np.ndarray:
    """Statistics a token `(tokens, k)` summed to statistics a sentence `(n, k)`."""
    if task.kind != "tagging":
        return statistics
    lengths = [len(tags) for tags in cast("Sequence[list[str]]", targets)]
    sums = np.zeros((len(targets), statistics.shape[1]))
    np.add.at(sums, np.repeat(np.arange(len(targets)), lengths), statistics)
    return sums


class _Soft(Metric):
    """Defined on probabilities; a prediction without any has no value."""

    kinds = _SOFT

    def of(self, task: Task, targets: Sequence[Target], prediction: Prediction) -> float:
        """The metric of all rows; NaN where undefined or without aligned probabilities."""
        known = prediction.probabilities is not None
        if not known or len(probabilities(task, prediction)) != len(_tokens(task, targets)):
            return float("nan")
        return super().of(task, targets, prediction)


class AUROC(_Soft):
    """Area under the ROC curve: how often a true row scores above a false one, ties counting half.

    Binary: for the second of the task's labels. Several classes or labels: the mean of each
    against the rest, over those that have both true and false rows.
    Source: Hanley & McNeil, "The meaning and use of the area under a ROC curve", Radiology, 1982.
    """

    name = "auroc"
    kinds: ClassVar[tuple[Kind, ...]] = ("binary", "multiclass", "multilabel", "ordinal")

    def per_row(self, task: Task, targets: Sequence[Target], prediction: Prediction) -> np.ndarray:
        """Truth and probability of each label, `(n, 2 * labels)`; binary: of the second label."""
        check_length(targets, prediction)
        truth, scores = _truth(task, targets), probabilities(task, prediction)
        if task.kind == "binary":
            truth, scores = truth[:, 1:], scores[:, 1:]
        return np.concatenate([truth.astype(float), scores], axis=1)

    def resampled(self, rows: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """The mean area of each draw."""
        truth, scores = np.split(rows, 2, axis=1)
        each = np.stack([_area(t, s, counts) for t, s in zip(truth.T, scores.T, strict=True)])
        defined = ~np.isnan(each)
        return ratio(np.where(defined, each, 0.0).sum(axis=0), defined.sum(axis=0))


def _area(truth: np.ndarray, scores: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """AUROC of one label in each draw: `(n,)`, `(n,)`, `(draws, n)` to `(draws,)`."""
    distinct, group = np.unique(scores, return_inverse=True)
    positive = sums_by_group(counts * truth, group, len(distinct))
    negative = sums_by_group(counts * (1 - truth), group, len(distinct))
    below = np.cumsum(negative, axis=1) - negative / 2
    return ratio((positive * below).sum(axis=1), positive.sum(axis=1) * negative.sum(axis=1))


class LogLoss(_Soft):
    """Mean of −log of the probability given to the truth, in nats; per token for tagging.

    Multilabel: the mean over rows and labels of the binary log-loss. Probabilities are clipped at
    the machine's precision, so a label that training never had costs about 36 nats.
    """

    name = "log_loss"
    higher_is_better = False
    bounds = (0.0, np.inf)

    def per_row(self, task: Task, targets: Sequence[Target], prediction: Prediction) -> np.ndarray:
        """Summed loss and how many losses, `(n, 2)`."""
        check_length(targets, prediction)
        truth = _truth(task, targets)
        least = float(np.finfo(np.float64).eps)
        given = np.asarray(probabilities(task, prediction), dtype=float)
        if task.kind == "multilabel":
            given = np.clip(np.where(truth, given, 1 - given), least, 1)
            made = np.stack([-np.log(given).sum(1), np.full(len(given), given.shape[1])], axis=1)
        else:
            loss = -np.log(np.clip((given * truth).sum(axis=1), least, 1))
            made = np.stack([loss, np.ones(len(loss))], axis=1)
        return _by_row(task, targets, made)

    def value(self, sums: np.ndarray) -> np.ndarray:
        """The mean loss."""
        return ratio(sums[..., 0], sums[..., 1])


class CalibrationError(_Soft):
    """Expected calibration error in 15 equal bins: Σ bins |right − confidence| / rows.

    The confidence is the greatest probability, and right whether that label is true; per token
    for tagging. Multilabel: each label's probability against whether it is true.
    Source: Guo et al., "On calibration of modern neural networks", ICML 2017.
    """

    name = "calibration_error"
    higher_is_better = False

    def per_row(self, task: Task, targets: Sequence[Target], prediction: Prediction) -> np.ndarray:
        """By bin right minus confidence, then how many: `(n, 16)`."""
        check_length(targets, prediction)
        given, truth = probabilities(task, prediction), _truth(task, targets)
        if task.kind != "multilabel":
            best = given.argmax(axis=1)[:, None]
            given, truth = (np.take_along_axis(a, best, axis=1) for a in (given, truth))
        made = np.zeros((len(given), BINS + 1))
        made[:, BINS] = given.shape[1]
        # Bins are open on the left, so a confidence of exactly 1/15 falls into the first.
        bins = np.clip(np.ceil(given * BINS).astype(int) - 1, 0, BINS - 1)
        for column in range(given.shape[1]):
            gap = truth[:, column] - given[:, column]
            np.add.at(made, (np.arange(len(given)), bins[:, column]), gap)
        return _by_row(task, targets, made)

    def value(self, sums: np.ndarray) -> np.ndarray:
        """The error, 0 to 1."""
        return ratio(np.abs(sums[..., :BINS]).sum(axis=-1), sums[..., BINS])
