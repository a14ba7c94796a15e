import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from polytask.evaluation.metrics import metric
from polytask.evaluation.metrics.probabilistic import probabilities
from polytask.evaluation.prediction import Prediction
from polytask.tasks.task import Task

LABELS = ("a", "b", "c")
near = pytest.approx
seeds = st.integers(0, 10_000)


def task(kind, labels=LABELS):
    return Task("t", "table", (), "t", kind, "accuracy", labels)


def soft(given_probabilities, labels=LABELS):
    if isinstance(given_probabilities, list):
        answer = [[labels[i] for i in p.argmax(1)] for p in given_probabilities]
    else:
        answer = [labels[i] for i in given_probabilities.argmax(1)]
    rows = len(answer)
    return Prediction(answer, np.ones(rows), np.ones(rows, dtype=bool), given_probabilities)


def draws(seed, classes, rows=60):
    """Probabilities and truths in which every class occurs."""
    random = np.random.default_rng(seed)
    given_probabilities = random.dirichlet(np.ones(classes), rows).round(2) + 1e-3
    given_probabilities /= given_probabilities.sum(axis=1, keepdims=True)
    truth = np.concatenate([np.arange(classes), random.integers(0, classes, rows - classes)])
    return given_probabilities, truth


@given(seeds)
@settings(max_examples=40, deadline=None)
def test_several_classes_agree_with_scikit_learn(seed):
    p, truth = draws(seed, 3)
    targets = [LABELS[i] for i in truth]
    area = sk.roc_auc_score(truth, p, multi_class="ovr", average="macro")
    assert metric("auroc").of(task("multiclass"), targets, soft(p)) == near(area, abs=1e-9)
    loss = sk.log_loss(truth, p)
    assert metric("log_loss").of(task("multiclass"), targets, soft(p)) == near(loss, abs=1e-9)


@given(seeds)
@settings(max_examples=40, deadline=None)
def test_two_classes_are_scored_by_the_second(seed):
    p, truth = draws(seed, 2)
    targets = [LABELS[i] for i in truth]
    found = metric("auroc").of(task("binary", LABELS[:2]), targets, soft(p, LABELS[:2]))
    assert found == near(sk.roc_auc_score(truth, p[:, 1]), abs=1e-9)


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_labels_apart_agree_with_scikit_learn(seed):
    random = np.random.default_rng(seed)
    p = random.random((40, 3)).round(2)
    truth = random.random((40, 3)) < 0.4
    truth[:2] = [[True] * 3, [False] * 3]
    targets = [[LABELS[i] for i in np.flatnonzero(row)] for row in truth]
    prediction = Prediction(targets, np.ones(40), np.ones(40, dtype=bool), p)
    area = sk.roc_auc_score(truth, p, average="macro")
    assert metric("auroc").of(task("multilabel"), targets, prediction) == near(area, abs=1e-9)
    loss = sk.log_loss(truth.ravel(), np.stack([1 - p.ravel(), p.ravel()], axis=1))
    assert metric("log_loss").of(task("multilabel"), targets, prediction) == near(loss, abs=1e-9)


def reference_ece(p, truth):
    confidence, right = p.max(axis=1), p.argmax(axis=1) == truth
    edges = np.linspace(0, 1, 16)
    total = 0.0
    for low, high in itertools.pairwise(edges):
        held = (confidence > low) & (confidence <= high)
        if held.any():
            total += held.mean() * abs(right[held].mean() - confidence[held].mean())
    return total


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_calibration_error_agrees_with_its_definition(seed):
    random = np.random.default_rng(seed)
    p = random.dirichlet(np.ones(3), 80)
    truth = random.integers(0, 3, 80)
    found = metric("calibration_error").of(task("multiclass"), [LABELS[i] for i in truth], soft(p))
    assert found == near(reference_ece(p, truth), abs=1e-9)


def test_sure_and_right_is_calibrated_and_sure_and_wrong_is_not():
    p = np.array([[1.0, 0.0, 0.0]] * 4)
    judge = metric("calibration_error")
    assert judge.of(task("multiclass"), ["a"] * 4, soft(p)) == 0
    assert judge.of(task("multiclass"), ["b"] * 4, soft(p)) == 1


def test_tokens_are_summed_by_sentence():
    p = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]])
    flat = soft(p)
    split = soft([p[:2], p[2:2], p[2:]])
    for name in ("log_loss", "calibration_error"):
        by_token = metric(name).of(task("multiclass"), ["a", "a", "c"], flat)
        by_row = metric(name).of(task("tagging"), [["a", "a"], [], ["c"]], split)
        assert by_row == near(by_token, abs=1e-12)
    assert metric("log_loss").per_row(task("tagging"), [["a", "a"], [], ["c"]], split)[1, 1] == 0


def test_an_unseen_label_costs_36_nats_and_is_nobodys_positive():
    p = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]])
    prediction = soft(p, LABELS[:2])
    pair = task("binary", LABELS[:2])
    assert metric("log_loss").of(pair, ["new"] * 3, prediction) == near(-math.log(2**-52))
    assert metric("auroc").of(pair, ["a", "b", "new"], prediction) == 1.0


def test_areas_of_draws_are_those_of_the_rows_they_hold():
    p, truth = draws(3, 3)
    targets = [LABELS[i] for i in truth]
    drawn = np.random.default_rng(0).integers(0, 60, (4, 60))
    counts = np.stack([np.bincount(line, minlength=60) for line in drawn]).astype(float)
    judge = metric("auroc")
    found = judge.resampled(judge.per_row(task("multiclass"), targets, soft(p)), counts)
    for value, line in zip(found, drawn, strict=True):
        held = [targets[i] for i in line]
        assert value == near(judge.of(task("multiclass"), held, soft(p[line])), abs=1e-12)


def test_without_probabilities_or_both_classes_there_is_no_value():
    bare = Prediction(["a"], np.ones(1), np.ones(1, dtype=bool))
    assert math.isnan(metric("log_loss").of(task("multiclass"), ["a"], bare))
    with pytest.raises(ValueError, match="holds no probabilities"):
        probabilities(task("multiclass"), bare)
    one = soft(np.array([[0.5, 0.5]]), LABELS[:2])
    assert math.isnan(metric("auroc").of(task("binary", LABELS[:2]), ["a"], one))
