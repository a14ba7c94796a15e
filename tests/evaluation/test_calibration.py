import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import expit
from scipy.special import log_softmax as reference
from sklearn.metrics import f1_score

from polytask.evaluation.calibration import (
    NEVER,
    fit_temperature,
    fit_thresholds,
    log_softmax,
    sigmoid,
    softmax,
    sure_threshold,
)

near = pytest.approx
seeds = st.integers(0, 10_000)


def choices(seed, rows, classes, temperature):
    """Logits, and labels drawn from their softmax at `temperature`."""
    random = np.random.default_rng(seed)
    logits = random.normal(size=(rows, classes)) * 3
    shares = softmax(logits / temperature)
    truth = (random.random((rows, 1)) < shares.cumsum(axis=1)).argmax(axis=1)
    return logits, truth


def test_probabilities_are_stable_for_large_logits():
    large = np.array([[1000.0, 0.0], [-1000.0, -1000.0]])
    assert softmax(large).tolist() == [[1.0, 0.0], [0.5, 0.5]]
    assert log_softmax(large) == near(reference(large, axis=1))
    assert sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist() == [0.0, 0.5, 1.0]
    assert sigmoid(np.array([1.5])) == near(expit(1.5))


@given(seeds, st.floats(0.4, 4.0))
@settings(max_examples=20, deadline=None)
def test_the_temperature_is_the_best_of_all(seed, temperature):
    logits, truth = choices(seed, 300, 4, temperature)

    def loss(log_temperature):
        given_logs = reference(logits / np.exp(log_temperature), axis=1)
        weight = np.full((300, 4), 1 / 302 / 3)
        weight[np.arange(300), truth] = 301 / 302
        return -(weight * given_logs).sum()

    best = np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x)
    assert fit_temperature(logits, truth) == near(best, rel=1e-3)


def test_the_temperature_that_made_the_labels_is_found():
    logits, truth = choices(0, 60_000, 5, 2.5)
    assert fit_temperature(logits, truth) == near(2.5, rel=0.03)


def test_few_rows_that_are_all_right_do_not_make_certainty():
    found = fit_temperature(np.array([[2.0, -2.0]] * 5), np.zeros(5, dtype=int))
    assert softmax(np.array([[2.0, -2.0]]) / found)[0, 0] == near(6 / 7)
    assert fit_temperature(np.zeros((0, 3)), np.zeros(0, dtype=int)) == 1.0
    assert fit_temperature(np.zeros((3, 1)), np.zeros(3, dtype=int)) == 1.0


def test_with_many_positives_the_threshold_is_that_of_the_best_f1():
    random = np.random.default_rng(0)
    truth = random.random((6000, 1)) < 0.3
    given_probabilities = np.clip(truth * 0.3 + random.random((6000, 1)) * 0.6, 0, 1)
    (found,) = fit_thresholds(given_probabilities, truth)
    grid = [f1_score(truth, given_probabilities >= t) for t in np.linspace(0.01, 0.99, 99)]
    assert f1_score(truth, given_probabilities >= found) == near(max(grid), abs=0.002)


def test_a_rare_label_is_given_about_as_often_as_it_is_true():
    given_probabilities = np.linspace(0.001, 0.5, 1000)[:, None]
    truth = np.zeros((1000, 1), dtype=bool)
    (none,) = fit_thresholds(given_probabilities, truth)
    assert (given_probabilities >= none).sum() == 1
    truth[::400] = True  # three positives, all over the range: their best F1 gives all rows
    (few,) = fit_thresholds(given_probabilities, truth)
    assert 3 <= (given_probabilities >= few).sum() <= 60


def test_shrinkage_pays_on_new_rows():
    random = np.random.default_rng(0)

    def rows(n):
        truth = random.random((n, 30)) < np.linspace(0.003, 0.2, 30)
        return sigmoid(np.where(truth, 1.2, -1.2) - 1 + random.normal(size=(n, 30)) * 1.3), truth

    dev, test = rows(600), rows(20_000)
    macro = [
        f1_score(test[1], test[0] >= thresholds, average="macro", zero_division=0)
        for thresholds in (fit_thresholds(*dev), own_thresholds(*dev), np.full(30, 0.5))
    ]
    assert macro[0] > macro[1] > 0
    assert macro[0] > macro[2]


def own_thresholds(given_probabilities, truth):
    """By label the threshold of best F1 on these very rows."""
    order = np.argsort(-given_probabilities, axis=0)
    hits = np.cumsum(np.take_along_axis(truth, order, axis=0), axis=0)
    f1 = 2 * hits / (np.arange(1, len(truth) + 1)[:, None] + np.maximum(hits[-1], 1))
    ranked = np.take_along_axis(given_probabilities, order, axis=0)
    return np.take_along_axis(ranked, f1.argmax(axis=0)[None], axis=0)[0]


def confident(seed, rows, spread=1.0):
    """Confidences, and whether each answer is right: as often as its confidence says."""
    random = np.random.default_rng(seed)
    confidence = random.beta(4, spread, rows)
    return confidence, random.random(rows) < confidence


def test_the_promised_error_rate_holds_nine_times_in_ten():
    broken, covered = 0, []
    for seed in range(200):
        threshold = sure_threshold(*confident(seed, 400), error_rate=0.1)
        # The confidence is the chance of being right, so errors above a threshold integrate it.
        later, _ = confident(10_000 + seed, 20_000)
        sure = later >= threshold
        covered.append(sure.mean())
        broken += bool(sure.any()) and (1 - later[sure]).mean() > 0.1
    assert broken / 200 <= 0.1 + 3 * np.sqrt(0.09 / 200)
    assert np.mean(covered) > 0.3


def test_all_may_stand_where_all_are_right_and_none_where_too_few_were_seen():
    rising = np.linspace(0.5, 1, 500)
    assert sure_threshold(rising, np.ones(500, dtype=bool)) == 0.0
    assert sure_threshold(rising[:66], np.ones(66, dtype=bool)) == NEVER
    assert sure_threshold(rising[:67], np.ones(67, dtype=bool)) == 0.0
    assert sure_threshold(rising, np.zeros(500, dtype=bool)) == NEVER
    assert sure_threshold(np.zeros(0), np.zeros(0, dtype=bool)) == NEVER


def test_equal_confidences_are_never_parted():
    confidence = np.repeat([0.9, 0.6], 200)
    right = np.repeat([True, False], 200)
    assert sure_threshold(confidence, right) == 0.9
    assert sure_threshold(np.full(400, 0.9), right) == NEVER
