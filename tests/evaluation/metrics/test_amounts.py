import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sk

from polytask.evaluation.metrics import metric
from polytask.evaluation.metrics.amounts import sums_by_group, weighted_ranks
from polytask.evaluation.prediction import Prediction
from polytask.tasks.task import Task

TASK = Task("t", "table", (), "t", "regression", "r2")
near = pytest.approx
seeds = st.integers(0, 10_000)


def answers(labels):
    return Prediction(labels, np.full(len(labels), np.nan), np.ones(len(labels), dtype=bool))


def data(seed, ties):
    random = np.random.default_rng(seed)
    truth = 1e4 + random.normal(size=50)
    answer = truth + random.normal(size=50)
    return (truth.round(), answer.round()) if ties else (truth, answer)


@given(seeds, st.booleans())
@settings(max_examples=40, deadline=None)
def test_agreement_with_scikit_learn_and_scipy(seed, ties):
    truth, answer = data(seed, ties)
    expected = {
        "r2": sk.r2_score(truth, answer),
        "mae": sk.mean_absolute_error(truth, answer),
        "rmse": sk.root_mean_squared_error(truth, answer),
        "pearson": stats.pearsonr(truth, answer).statistic,
        "spearman": stats.spearmanr(truth, answer).statistic,
    }
    for name, value in expected.items():
        found = metric(name).of(TASK, truth.tolist(), answers(answer.tolist()))
        assert found == near(value, abs=1e-9), name


@given(seeds, st.booleans())
@settings(max_examples=20, deadline=None)
def test_a_draw_has_the_metric_of_the_rows_it_holds(seed, ties):
    truth, answer = data(seed, ties)
    drawn = np.random.default_rng(seed).integers(0, 50, (3, 50))
    counts = np.stack([np.bincount(line, minlength=50) for line in drawn]).astype(float)
    for name in ("r2", "mae", "rmse", "pearson", "spearman"):
        judge = metric(name)
        found = judge.resampled(judge.per_row(TASK, truth, answers(answer)), counts)
        expected = [judge.of(TASK, truth[line], answers(answer[line])) for line in drawn]
        assert found == near(np.array(expected), abs=1e-9), name


def test_numbers_that_do_not_vary_leave_shares_undefined():
    flat, rising = [3.0] * 5, [1.0, 2.0, 3.0, 4.0, 5.0]
    assert math.isnan(metric("r2").of(TASK, flat, answers(rising)))
    for name in ("pearson", "spearman"):
        assert math.isnan(metric(name).of(TASK, rising, answers(flat)))
    rows = metric("r2").per_row(TASK, rising, answers(flat))
    one_row = np.array([[0.0, 5.0, 0.0, 0.0, 0.0]])
    assert math.isnan(metric("r2").resampled(rows, one_row)[0])
    assert metric("mae").of(TASK, flat, answers(rising)) == near(1.2)


def test_ordinal_errors_count_steps():
    ordinal = Task("t", "table", (), "t", "ordinal", "mae", ("low", "mid", "high"))
    found = metric("mae").of(ordinal, ["low", "mid"], answers(["high", "mid"]))
    assert found == near(1.0)


def test_weighted_ranks_are_those_of_the_repeated_values():
    values, counts = np.array([2.0, 1.0, 2.0]), np.array([[1, 3, 2]])
    repeated = stats.rankdata(np.repeat(values, counts[0]))
    found = np.repeat(weighted_ranks(values, counts.astype(float))[0], counts[0]) + 0.5
    assert found.tolist() == repeated.tolist()


def test_sums_by_group():
    counts = np.array([[1.0, 2.0, 3.0]])
    assert sums_by_group(counts, np.array([1, 0, 1]), 2).tolist() == [[2.0, 4.0]]
