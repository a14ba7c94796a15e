import math

import numpy as np
import pytest

from polytask.evaluation.decisions import coverage, decide, fit_decisions
from polytask.evaluation.metrics import metric, score
from polytask.evaluation.prediction import Decisions
from polytask.tasks.task import Task

LABELS = ("a", "b", "c")
near = pytest.approx


def task(kind, name="accuracy", labels=LABELS):
    return Task("t", "table", (), "t", kind, name, labels)


def logits(*rows):
    return np.log(np.array(rows))


def sampled(seed, rows, heat=2.0):
    """Logits, and labels drawn from their softmax at temperature `heat`."""
    random = np.random.default_rng(seed)
    scores = random.normal(size=(rows, 3)) * 4
    shares = decide(task("multiclass"), scores, Decisions(heat)).probabilities
    truth = (random.random((rows, 1)) < shares.cumsum(axis=1)).argmax(axis=1)
    return scores, [LABELS[i] for i in truth]


def test_the_most_probable_label_is_answered():
    found = decide(task("multiclass"), logits([0.2, 0.5, 0.3], [0.6, 0.3, 0.1]))
    assert list(found.labels) == ["b", "a"]
    assert found.confidence == near(np.array([0.5, 0.6]))
    assert found.probabilities == near(np.array([[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]]))
    assert found.sure.all()


def test_an_ordinal_answer_is_the_median():
    found = decide(task("ordinal"), logits([0.4, 0.25, 0.35], [0.6, 0.2, 0.2], [0.25, 0.25, 0.5]))
    assert list(found.labels) == ["b", "a", "b"]
    assert found.confidence == near(np.array([0.25, 0.6, 0.25]))


def test_sets_take_every_label_from_its_threshold():
    scores = np.array([[0.0, 2.0, -2.0]])
    assert list(decide(task("multilabel"), scores).labels) == [["a", "b"]]
    found = decide(task("multilabel"), scores, Decisions(1.0, (0.6, 0.9, 0.1)))
    assert list(found.labels) == [["c"]]
    high, low = 1 / (1 + math.exp(-2)), 1 / (1 + math.exp(2))
    assert found.confidence == near(np.array([0.5 * low * low]))
    assert found.probabilities == near(np.array([[0.5, high, low]]))


def test_a_number_is_its_score_and_always_sure():
    found = decide(task("regression", "r2", ()), np.array([1.5, -2.0]), Decisions(sure_from=2.0))
    assert list(found.labels) == [1.5, -2.0]
    assert np.isnan(found.confidence).all()
    assert found.sure.all()
    assert found.probabilities is None


def test_tags_are_answered_by_token_and_sure_by_sentence():
    rows = [logits([0.8, 0.1, 0.1], [0.1, 0.2, 0.7]), np.zeros((0, 3)), logits([0.3, 0.4, 0.3])]
    found = decide(task("tagging"), rows, Decisions(sure_from=0.5))
    assert list(found.labels) == [["a", "c"], [], ["b"]]
    assert found.confidence == near(np.array([0.56, 1.0, 0.4]))
    assert found.sure.tolist() == [True, True, False]
    assert [p.shape for p in found.probabilities] == [(2, 3), (0, 3), (1, 3)]
    assert found.probabilities[0][1] == near(np.array([0.1, 0.2, 0.7]))


@pytest.mark.parametrize("kind", ["binary", "multilabel", "tagging", "regression"])
def test_no_rows_have_no_answers(kind):
    empty = {"tagging": [], "regression": np.zeros(0)}.get(kind, np.zeros((0, 3)))
    assert len(decide(task(kind), empty).labels) == 0
    assert fit_decisions(task(kind), empty, []) == Decisions()


def test_decisions_make_confidence_honest_and_keep_the_promise():
    dev, targets = sampled(0, 4000)
    fitted = fit_decisions(task("multiclass"), dev, targets, error_rate=0.1)
    assert fitted.temperature == near(2.0, rel=0.1)
    scores, truth = sampled(1, 20_000)
    calibrated = decide(task("multiclass"), scores, fitted)
    raw = decide(task("multiclass"), scores)
    judge = metric("calibration_error")
    assert judge.of(task("multiclass"), truth, calibrated) < 0.02
    assert judge.of(task("multiclass"), truth, raw) > 0.08
    found = coverage(task("multiclass"), truth, calibrated)
    assert 0.2 < found.coverage < 0.9
    assert found.error < 0.1
    assert coverage(task("multiclass"), truth, raw).coverage == 1.0


def test_tags_are_calibrated_by_token():
    scores, truth = sampled(0, 4000)
    by_token = fit_decisions(task("multiclass"), scores, truth)
    rows = [scores[i : i + 8] for i in range(0, 4000, 8)]
    tags = [truth[i : i + 8] for i in range(0, 4000, 8)]
    assert fit_decisions(task("tagging"), rows, tags).temperature == by_token.temperature


def test_thresholds_raise_macro_f1_where_labels_are_skewed():
    random = np.random.default_rng(0)
    truth = random.random((4000, 3)) < [0.05, 0.1, 0.3]
    scores = np.where(truth, 0.5, -2.5) - [2.0, 1.0, 0.0] + random.normal(size=(4000, 3)) * 1.5
    targets = [[LABELS[i] for i in np.flatnonzero(row)] for row in truth]
    skewed = task("multilabel", "macro_f1")
    fitted = fit_decisions(skewed, scores[:2000], targets[:2000])
    assert len(fitted.thresholds) == 3
    before = score(skewed, targets[2000:], decide(skewed, scores[2000:]))
    after = score(skewed, targets[2000:], decide(skewed, scores[2000:], fitted))
    assert after > before + 0.1


def test_labels_that_training_never_had_calibrate_nothing_but_count_as_errors():
    sure = np.tile([[9.0, 0.0, 0.0]], (200, 1))
    known = fit_decisions(task("multiclass"), sure, ["a"] * 200)
    mixed = fit_decisions(task("multiclass"), np.vstack([sure, sure]), ["a"] * 200 + ["new"] * 200)
    assert mixed.temperature == known.temperature
    assert known.sure_from == 0.0
    assert mixed.sure_from > 1


def test_coverage_of_nothing_sure_of_numbers_and_of_no_rows():
    scores, truth = sampled(0, 50)
    never = decide(task("multiclass"), scores, Decisions(sure_from=2.0))
    found = coverage(task("multiclass"), truth, never)
    assert found.coverage == 0
    assert math.isnan(found.error)
    number = task("regression", "r2", ())
    assert coverage(number, [1.0], decide(number, np.ones(1))).coverage == 1.0
    empty = coverage(number, [], decide(number, np.zeros(0)))
    assert math.isnan(empty.coverage)


def test_arguments_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="between 0 and 1; found 5"):
        fit_decisions(task("binary"), np.zeros((1, 3)), ["a"], error_rate=5)
    with pytest.raises(ValueError, match="1 rows of scores but 2 targets"):
        fit_decisions(task("binary"), np.zeros((1, 3)), ["a", "b"])
