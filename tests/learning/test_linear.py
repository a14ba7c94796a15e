from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from polytask.learning.linear import Linear, classify, label, rank, regress, softmax_steps


@pytest.fixture
def plane() -> tuple[csr_matrix, np.ndarray]:
    points = np.random.default_rng(0).normal(size=(300, 6)).astype(np.float32)
    return csr_matrix(points), points @ np.array([3, -2, 1, 0, 0, 0.5], np.float32)


def test_two_classes_take_one_column(plane) -> None:
    features, values = plane
    model = classify(features, (values > 0).astype(int), 2, 1.0)
    assert model.weight.shape == (6, 1)
    assert model.weight.dtype == model.bias.dtype == np.float32
    assert np.mean((model(features)[:, 0] > 0) == (values > 0)) > 0.97


def test_more_classes_take_a_column_each_seen_or_not(plane) -> None:
    features, values = plane
    classes = np.digitize(values, [-2, 2])
    model = classify(features, classes, 4, 1.0)
    answers = model(features)
    assert answers.shape == (300, 4)
    assert np.mean(answers[:, [0, 2]].argmax(1) * 2 == np.where(values > 0, 2, 0)) > 0.95
    assert (answers[:, 3] == -10).all()  # never shown, never answered


def test_labels_given_always_or_never_need_no_machine(plane) -> None:
    features, values = plane
    given = np.stack([values > 0, np.ones(300, bool), np.zeros(300, bool)], axis=1)
    answers = label(features, given, 1.0)(features)
    assert (answers[:, 1] == 10).all()
    assert (answers[:, 2] == -10).all()
    assert np.mean((answers[:, 0] > 0) == given[:, 0]) > 0.97


def test_regression_answers_in_the_unit_of_the_target(plane) -> None:
    features, values = plane
    target = 1000 + 50 * values
    model = regress(features, target, 1e-3)
    assert np.abs(model(features)[:, 0] - target).max() < 1.0
    dense = regress(features.toarray(), target, 1e-3)
    assert np.allclose(dense(features), model(features), atol=0.2)


def test_a_constant_is_answered_as_it_is(plane) -> None:
    features, _ = plane
    model = regress(features, np.full(300, 7.0), 1.0)
    assert (model(features) == 7).all()


def test_ranks_are_the_nearest_to_one_number(plane) -> None:
    features, values = plane
    ranks = np.clip(np.round(values / 3 + 2), 0, 4).astype(int)
    model = rank(features, ranks, 5, 1e-2)
    line = regress(features, ranks.astype(float), 1e-2)(features)[:, 0]
    nearest = np.clip(np.round(line), 0, 4)
    assert np.array_equal(model(features).argmax(1), nearest)


def test_softmax_steps_learn_and_repeat(plane) -> None:
    features, values = plane
    classes = np.digitize(values, [-2, 2])
    model = softmax_steps(features, classes, 4, epochs=200, seed=1)
    answers = model(features)
    assert np.mean(answers.argmax(1) == classes) > 0.88
    assert (answers[:, 3] < answers.max(1) - 3).all()
    first, again, other = (
        softmax_steps(features, classes, 4, epochs=2, seed=seed).weight for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_scaling_and_storing_keep_the_answers(plane) -> None:
    features, values = plane
    model = regress(features, values, 1.0)
    assert np.allclose(model.scaled(2.0)(features), 2 * model(features), atol=1e-5)
    again = Linear.rebuild(model.tensors("0"), "0")
    assert np.array_equal(again(features), model(features))
    assert model.parameters == 7
    with pytest.raises(ValueError, match="do not fit"):
        Linear.rebuild({"0.weight": model.weight, "0.bias": np.zeros(3)}, "0")
