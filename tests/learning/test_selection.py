from __future__ import annotations

import numpy as np

from polytask.learning.selection import as_truth, best_scale, quality
from polytask.tasks.task import Column, Task


def task(kind: str, metric: str, labels: tuple[str, ...] = ()) -> Task:
    return Task("t", "a", (Column("x"),), "t", kind, metric, labels)  # type: ignore[arg-type]


def test_more_is_better_whatever_the_metric() -> None:
    mae = task("regression", "mae")
    assert quality(mae, np.array([1.0, 2.0]), [1.0, 2.5]) == -0.25
    accuracy = task("binary", "accuracy", ("a", "b"))
    assert quality(accuracy, np.array([[1.0, 0.0], [1.0, 0.0]]), ["a", "b"]) == 0.5


def test_an_undefined_metric_is_the_worst() -> None:
    pearson = task("regression", "pearson")
    assert quality(pearson, np.array([1.0, 1.0, 1.0]), [1.0, 2.0, 3.0]) == -np.inf


def test_thresholds_are_fitted_before_labels_are_judged() -> None:
    many = task("multilabel", "macro_f1", ("a",))
    scores = np.linspace(-9, -1, 40)[:, None]  # in perfect order, all below one half
    targets = [["a"] if i >= 20 else [] for i in range(40)]
    assert quality(many, scores, targets) > 0.9


def test_the_scale_makes_the_truth_likely() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4000, 3)) * 2
    chances = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    classes = np.array([rng.choice(3, p=row) for row in chances])
    assert 3.3 < best_scale((logits / 4).astype(np.float32), classes) < 4.8
    given = rng.random((4000, 3)) < 1 / (1 + np.exp(-logits))
    assert 3.3 < best_scale((logits / 4).astype(np.float32), given) < 4.8


def test_targets_become_numbers() -> None:
    labels = ("a", "b")
    assert as_truth(task("binary", "accuracy", labels), ["b", "?"]).tolist() == [1, -1]
    given = as_truth(task("multilabel", "macro_f1", labels), [["b", "?"], []])
    assert given.tolist() == [[False, True], [False, False]]
    assert as_truth(task("regression", "r2"), [1, 2.5]).tolist() == [1.0, 2.5]
