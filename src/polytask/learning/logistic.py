"""Regularised linear classifiers over dense features, for a whole path of strengths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from polytask.learning.linear import Linear

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def logistic_path(
    features: np.ndarray,
    truth: np.ndarray,
    count: int,
    penalties: Sequence[float],
    *,
    steps: int = 100,
    start: Linear | None = None,
) -> Iterator[Linear]:
    """Logistic regressions from the strongest penalty on, each starting from the one before.

    Minimises the mean cross-entropy plus `penalty / 2` times the squared weights with L-BFGS
    (Liu & Nocedal, 1989). Class numbers give a softmax, given labels a sigmoid each.

    Args:
        features: `(n, d)` float32, standardised.
        truth: `(n,)` class numbers (-1: row left out), or `(n, labels)` bool.
        count: Number of classes or labels.
        penalties: From strong to weak.
        steps: Most iterations a penalty.
        start: Weights to start from; zero weights and the class frequencies if `None`.
    """
    if truth.ndim == 1 and (truth < 0).any():
        features, truth = features[truth >= 0], truth[truth >= 0]
    current = start or _prior(features.shape[1], truth, count)
    for penalty in penalties:
        current = _minimise(features, truth, penalty, current, steps)
        yield current


def _prior(width: int, truth: np.ndarray, count: int) -> Linear:
    """No weights; as bias the log-frequency of each class, or the log-odds of each label."""
    if truth.ndim == 1:
        rate = (np.bincount(truth, minlength=count) + 0.1) / (len(truth) + 0.1 * count)
        bias = np.log(rate)
    else:
        rate = (truth.sum(axis=0) + 0.1) / (len(truth) + 0.2)
        bias = np.log(rate / (1 - rate))
    return Linear(np.zeros((width, count), dtype=np.float32), bias.astype(np.float32))


def _minimise(
    features: np.ndarray, truth: np.ndarray, penalty: float, start: Linear, steps: int
) -> Linear:
    from scipy.optimize import minimize

    shape = start.weight.shape
    turned = np.ascontiguousarray(features.T)

    def objective(values: np.ndarray) -> tuple[float, np.ndarray]:
        weight = values[: -shape[1]].reshape(shape).astype(np.float32)
        loss, error = _loss(features @ weight + values[-shape[1] :].astype(np.float32), truth)
        slope = turned @ error + np.float32(penalty) * weight
        total = loss + 0.5 * penalty * float(np.vdot(weight, weight))
        return total, np.concatenate([slope.ravel(), error.sum(axis=0)]).astype(np.float64)

    begin = np.concatenate([start.weight.ravel(), start.bias]).astype(np.float64)
    options = {"maxiter": steps, "maxcor": 10, "gtol": 1e-4, "ftol": 1e-6}
    found = minimize(objective, begin, jac=True, method="L-BFGS-B", options=options).x
    weight = found[: -shape[1]].reshape(shape).astype(np.float32)
    return Linear(weight, found[-shape[1] :].astype(np.float32))


def _loss(logits: np.ndarray, truth: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean cross-entropy and its slope by the logits."""
    rows = len(logits)
    if truth.ndim == 2:
        loss = np.logaddexp(0, np.where(truth, -logits, logits)).sum() / rows
        rate = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
        return float(loss), (rate - truth).astype(np.float32) / np.float32(rows)
    logits -= logits.max(axis=1, keepdims=True)
    raised = np.exp(logits)
    total = raised.sum(axis=1, keepdims=True)
    index = np.arange(rows)
    loss = float(np.mean(np.log(total[:, 0]) - logits[index, truth], dtype=np.float64))
    raised /= total
    raised[index, truth] -= 1
    return loss, raised / np.float32(rows)
