"""From scores to answers: temperature, thresholds, abstention; fitted on dev, applied anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from polytask.evaluation.calibration import (
    fit_temperature,
    fit_thresholds,
    log_softmax,
    sigmoid,
    softmax,
    sure_threshold,
)
from polytask.evaluation.metrics.encoding import indicate, positions
from polytask.evaluation.metrics.right import right
from polytask.evaluation.prediction import Decisions, Prediction
from polytask.evaluation.tag_paths import best_paths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.evaluation.prediction import Scores
    from polytask.tasks.task import Target, Task


@dataclass(frozen=True)
class Coverage:
    """What abstention gave on some rows.

    Args:
        coverage: Share of rows with a sure answer, 0–1; NaN without rows.
        error: Error rate among those; NaN if there is none, and for regression.
    """

    coverage: float
    error: float


def fit_decisions(
    task: Task, scores: Scores, targets: Sequence[Target], *, error_rate: float = 0.05
) -> Decisions:
    """How scores of one task should become answers, from dev rows.

    - Temperature: least negative log-likelihood (Guo et al., ICML 2017), see `fit_temperature`.
    - Thresholds (multilabel): best F1 a label, rare labels held back, see `fit_thresholds`.
    - Abstention: the lowest confidence from which the error rate among sure answers is at most
      `error_rate`, with 90 % probability, see `sure_threshold`. A row of tags or labels counts as
      an error unless it is answered entirely right.

    Regression and empty dev rows give the defaults. Dev rows that also chose the recipe or the
    epoch make all of this a little too confident.

    Args:
        task: The task.
        scores: Raw scores of labelled dev rows, see `Scores`.
        targets: Their targets.
        error_rate: Errors allowed among sure answers, in (0, 1).

    Raises:
        ValueError: Scores and targets differ in length, or `error_rate` is outside (0, 1).
    """
    if not 0 < error_rate < 1:
        raise ValueError(f"`error_rate` is a share between 0 and 1; found {error_rate!r}")
    if len(scores) != len(targets):
        raise ValueError(f"{len(scores)} rows of scores but {len(targets)} targets")
    if task.kind == "regression" or not len(targets):
        return Decisions(error_rate=error_rate)
    fitted = _fit_scale(task, scores, targets)
    prediction = decide(task, scores, fitted)
    given = answered(task, scores)  # a row without an answer is never sure
    sure_from = sure_threshold(
        prediction.confidence[given],
        right(task, targets, prediction)[given],
        error_rate=error_rate,
    )
    return Decisions(fitted.temperature, fitted.thresholds, sure_from, error_rate)


def decide(task: Task, scores: Scores, decisions: Decisions | None = None) -> Prediction:
    """Answers from scores.

    - binary, multiclass: the most probable label; tagging: the same for each token, with BIO tags
      the most probable sequence in which no span goes on that has not begun (`best_paths`);
    - ordinal: the median of the distribution, which has the least expected absolute error;
    - multilabel: every label whose probability reaches its threshold (0.5 unless fitted);
    - regression: the score itself;
    - program (without a target): what it returned, `None` where it has no answer.

    A row whose scores are NaN (a program gave no answer) is answered by "", or by no labels, and is
    never sure.

    Confidence is the probability that the whole answer is right: of the label; for tagging and
    multilabel the product over tokens or labels, taken as independent; NaN for regression.

    Args:
        task: The task; scores stand in the order of its labels.
        scores: Raw scores of n rows, see `Scores`.
        decisions: What `fit_decisions` gave; by default nothing is calibrated and all is sure.
    """
    decisions = decisions or Decisions()
    if task.kind == "regression":
        return _numbers(cast("np.ndarray", scores))
    if task.kind == "program":
        given = np.array([value is not None for value in scores], dtype=bool)
        values = cast("Sequence[Target]", scores)
        return Prediction(values, np.full(len(given), np.nan), given)
    if task.kind == "tagging":
        return _tags(task, cast("list[np.ndarray]", scores), decisions)
    logits = np.asarray(scores, dtype=np.float64).reshape(-1, len(task.labels))
    if np.isnan(logits).any():
        return _with_gaps(task, logits, decisions)
    if task.kind == "multilabel":
        return _sets(task, logits, decisions)
    given = softmax(logits / decisions.temperature)
    # 1e-12: a cumulated probability of exactly one half must not be lost to rounding.
    ordinal = task.kind == "ordinal"
    chosen = (given.cumsum(1) >= 0.5 - 1e-12).argmax(1) if ordinal else given.argmax(1)
    confidence = given[np.arange(len(given)), chosen]
    labels: list[Target] = [task.labels[i] for i in chosen]
    return Prediction(labels, confidence, confidence >= decisions.sure_from, given)


def answered(task: Task, scores: Scores) -> np.ndarray:
    """Which rows have scores at all, `(n,)` bool: a program may have no answer for a row."""
    if task.kind == "tagging":
        return np.ones(len(scores), dtype=bool)
    flat = np.asarray(scores, dtype=np.float64).reshape(len(scores), -1)
    given: np.ndarray = np.asarray(np.isfinite(flat).all(axis=1))
    return given


def _with_gaps(task: Task, logits: np.ndarray, decisions: Decisions) -> Prediction:
    """Answers where some rows have no scores."""
    given = answered(task, logits)
    found = decide(task, np.where(given[:, None], logits, 0.0), decisions)
    nothing: Target = [] if task.kind == "multilabel" else ""
    return Prediction(
        [label if there else nothing for label, there in zip(found.labels, given, strict=True)],
        np.where(given, found.confidence, 0.0),
        found.sure & given,
        found.probabilities,
    )


def coverage(task: Task, targets: Sequence[Target], prediction: Prediction) -> Coverage:
    """How many answers are sure, and how many of those are wrong.

    Args:
        task: The task.
        targets: Targets of the rows, all labelled.
        prediction: Their answers.
    """
    sure = np.asarray(prediction.sure, dtype=bool)
    if not len(sure):
        return Coverage(float("nan"), float("nan"))
    if task.kind == "regression" or not sure.any():
        return Coverage(float(sure.mean()), float("nan"))
    return Coverage(float(sure.mean()), 1 - float(right(task, targets, prediction)[sure].mean()))


def _fit_scale(task: Task, scores: Scores, targets: Sequence[Target]) -> Decisions:
    """Temperature and thresholds."""
    if task.kind == "multilabel":
        given = answered(task, scores)
        logits = np.asarray(scores, dtype=np.float64)[given]
        truth = indicate(cast("Sequence[list[str]]", targets), task.labels)[given]
        # A label is a choice of two whose logits are z and 0.
        pairs = np.stack([np.zeros(logits.size), logits.ravel()], axis=1)
        temperature = fit_temperature(pairs, truth.ravel().astype(int))
        thresholds = fit_thresholds(sigmoid(logits / temperature), truth)
        return Decisions(temperature, thresholds)
    flat, labels = _flat(task, scores, targets)
    truth = positions(labels, task.labels)
    known = (truth >= 0) & ~np.isnan(flat).any(axis=1)
    return Decisions(fit_temperature(flat[known], truth[known]))


def _flat(
    task: Task, scores: Scores, targets: Sequence[Target]
) -> tuple[np.ndarray, Sequence[object]]:
    if task.kind != "tagging":
        return np.asarray(scores, dtype=np.float64), targets
    rows = [
        (logits[: len(tags)], tags[: len(logits)])
        for logits, tags in zip(scores, cast("Sequence[list[str]]", targets), strict=True)
    ]
    empty = np.zeros((0, len(task.labels)))
    flat = np.concatenate([empty, *(logits for logits, _ in rows)])
    return flat, [tag for _, tags in rows for tag in tags]


def _numbers(scores: np.ndarray) -> Prediction:
    values: list[Target] = [float(value) for value in np.asarray(scores, dtype=float).ravel()]
    nothing = np.full(len(values), np.nan)
    return Prediction(values, nothing, np.ones(len(values), dtype=bool))


def _sets(task: Task, logits: np.ndarray, decisions: Decisions) -> Prediction:
    given = sigmoid(logits / decisions.temperature)
    thresholds = np.asarray(decisions.thresholds or [0.5] * len(task.labels))
    chosen = given >= thresholds
    side = np.where(chosen, given, 1 - given)
    confidence = side.prod(axis=1)
    labels: list[Target] = [[task.labels[i] for i in np.flatnonzero(row)] for row in chosen]
    return Prediction(labels, confidence, confidence >= decisions.sure_from, given)


def _tags(task: Task, scores: list[np.ndarray], decisions: Decisions) -> Prediction:
    lengths = np.array([len(logits) for logits in scores], dtype=np.int64)
    empty = np.zeros((0, len(task.labels)))
    flat = log_softmax(np.concatenate([empty, *scores]) / decisions.temperature)
    ends = np.cumsum(lengths)
    starts = ends - lengths
    bounds = list(zip(starts.tolist(), ends.tolist(), strict=True))
    chosen = flat.argmax(axis=1)
    if task.bio:
        paths = best_paths([flat[start:end] for start, end in bounds], task.labels)
        chosen = np.concatenate([np.zeros(0, dtype=np.int64), *paths])
    names = np.array(task.labels, dtype=object)[chosen].tolist()
    sums = np.concatenate([[0.0], flat[np.arange(len(flat)), chosen].cumsum()])
    confidence = np.exp(np.minimum(sums[ends] - sums[starts], 0.0))
    given = np.exp(flat)
    return Prediction(
        [names[start:end] for start, end in bounds],
        confidence,
        confidence >= decisions.sure_from,
        [given[start:end] for start, end in bounds],
    )
