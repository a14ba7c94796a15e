import math

import numpy as np

from polytask.evaluation.metrics.metric import Metric, ratio
from polytask.evaluation.prediction import Prediction
from polytask.tasks.task import Task

TASK = Task("t", "table", (), "t", "regression", "r2")


class Mean(Metric):
    """A metric of the user's own: the mean answer."""

    name = "mean"
    kinds = ("regression",)

    def per_row(self, task, targets, prediction):  # noqa: ARG002
        answers = np.asarray(prediction.labels, dtype=float)
        return np.stack([answers, np.ones(len(answers))], axis=1)

    def value(self, sums):
        return ratio(sums[..., 0], sums[..., 1])


def answers(labels):
    return Prediction(labels, np.ones(len(labels)), np.ones(len(labels), dtype=bool))


def test_a_metric_needs_statistics_and_their_value_alone():
    found = Mean().of(TASK, [0.0, 0.0], answers([1.0, 3.0]))
    assert found == 2.0
    rows = Mean().per_row(TASK, [0.0, 0.0], answers([1.0, 3.0]))
    assert Mean().resampled(rows, np.array([[2.0, 0.0], [0.0, 2.0]])).tolist() == [1.0, 3.0]
    assert Mean().applies(TASK)


def test_the_sign_makes_higher_better():
    class Miss(Mean):
        higher_is_better = False

    assert (Mean().sign, Miss().sign) == (1.0, -1.0)


def test_no_rows_have_no_value():
    assert math.isnan(Mean().of(TASK, [], answers([])))


def test_a_ratio_without_a_denominator_is_what_was_asked():
    found = ratio(np.array([1.0, 0.0]), np.array([0.0, 0.0]), 0.5)
    assert found.tolist() == [0.5, 0.5]
    assert np.isnan(ratio(np.array([1.0]), np.array([0.0]))).all()
