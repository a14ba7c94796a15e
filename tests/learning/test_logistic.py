from __future__ import annotations

import numpy as np
import pytest

from polytask.learning.logistic import logistic_path


@pytest.fixture
def points() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(200, 5)).astype(np.float32)
    return features, (features[:, :3] + 0.5 * rng.normal(size=(200, 3))).argmax(1)


def test_softmax_agrees_with_scikit_learn(points) -> None:
    from sklearn.linear_model import LogisticRegression

    features, classes = points
    penalty = 0.01
    (found,) = logistic_path(features, classes, 3, [penalty], steps=500)
    reference = LogisticRegression(C=1 / (200 * penalty), tol=1e-6, max_iter=1000)
    reference.fit(features, classes)
    ours = found(features) - found(features).mean(1, keepdims=True)
    theirs = reference.decision_function(features)
    assert np.abs(ours - theirs + theirs.mean(1, keepdims=True)).max() < 0.05


def test_labels_agree_with_scikit_learn(points) -> None:
    from sklearn.linear_model import LogisticRegression

    features, classes = points
    given = np.stack([classes == 0, classes > 0], axis=1)
    # the mean over rows, the sum over labels: each label as if it were alone
    (found,) = logistic_path(features, given, 2, [0.02], steps=500)
    for column in range(2):
        alone = LogisticRegression(C=1 / (200 * 0.02), tol=1e-6).fit(features, given[:, column])
        assert np.abs(found(features)[:, column] - alone.decision_function(features)).max() < 0.05


def test_a_weaker_penalty_fits_more_closely(points) -> None:
    features, classes = points
    sizes = [np.abs(m.weight).sum() for m in logistic_path(features, classes, 3, [10, 0.1, 1e-3])]
    assert sizes == sorted(sizes)


def test_rows_without_a_known_class_are_left_out(points) -> None:
    features, classes = points
    marked = np.where(np.arange(200) < 150, classes, -1)
    (found,) = logistic_path(features, marked, 3, [0.1])
    (same,) = logistic_path(features[:150], classes[:150], 3, [0.1])
    assert np.array_equal(found.weight, same.weight)


def test_a_class_that_training_lacks_is_unlikely(points) -> None:
    features, classes = points
    (found,) = logistic_path(features, classes, 4, [0.01])
    assert (found(features).argmax(1) != 3).all()
