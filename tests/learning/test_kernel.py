from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from polytask.learning import kernel
from polytask.learning.kernel import kernel_path
from polytask.learning.logistic import logistic_path

if TYPE_CHECKING:
    import pytest


def rings(rows: int, seed: int, width: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Inside and outside of a circle in the first two of some features."""
    features = np.random.default_rng(seed).normal(size=(rows, width)).astype(np.float32)
    features[:, 2:] *= 0.1
    return features, (np.square(features[:, :2]).sum(axis=1) > 1.4).astype(np.int64)


def right(model, features: np.ndarray, truth: np.ndarray) -> float:
    return float((model(features).argmax(axis=1) == truth).mean())


def test_it_learns_what_no_plane_divides() -> None:
    train, new = rings(300, 1), rings(300, 2)
    curved = next(kernel_path(*train, 2, (1e-4,)))
    straight = next(logistic_path(*train, 2, (1e-4,)))
    assert right(curved, *new) > 0.93
    assert right(curved, *new) > right(straight, *new) + 0.2


def test_a_shift_of_all_features_changes_nothing() -> None:
    features, truth = rings(80, 3)
    one = next(kernel_path(features, truth, 2, (1e-3,)))
    other = next(kernel_path(features + 5, truth, 2, (1e-3,)))
    assert np.allclose(one(features), other(features + 5), atol=1e-2)


def test_rows_without_a_known_class_are_left_out() -> None:
    features, truth = rings(80, 4)
    extra = np.concatenate([features, features[:9] + 50])
    marked = np.concatenate([truth, np.full(9, -1)])
    one = next(kernel_path(features, truth, 2, (1e-3,)))
    other = next(kernel_path(extra, marked, 2, (1e-3,)))
    assert np.array_equal(one(features), other(features))


def test_stronger_penalties_come_first_and_give_smaller_values() -> None:
    features, truth = rings(80, 5)
    sizes = [np.abs(one(features)).max() for one in kernel_path(features, truth, 2, (1.0, 1e-4))]
    assert sizes[0] < sizes[1]


def test_landmarks_stand_for_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    train, new = rings(600, 6), rings(300, 7)
    monkeypatch.setattr(kernel, "LANDMARKS", 150)
    model = next(kernel_path(*train, 2, (1e-4,)))
    assert model.landmarks.shape == (150, 6)
    assert right(model, *new) > 0.9


def test_features_that_never_change_give_the_share_of_each_class() -> None:
    truth = np.array([0, 0, 0, 1])
    model = next(kernel_path(np.ones((4, 3), np.float32), truth, 2, (0.1,)))
    values = model(np.ones((2, 3), np.float32))
    assert np.isfinite(values).all()
    assert (values.argmax(axis=1) == 0).all()
