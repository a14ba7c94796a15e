import numpy as np
import pytest

from polytask._errors import ConfigError
from polytask.evaluation.metrics import METRICS, Metric, metric, score, summary
from polytask.evaluation.prediction import Prediction
from polytask.tasks.task import KINDS, Task
from polytask.tasks.task import METRICS as PRIMARY

LABELS = ("a", "b")
TARGETS = {
    "multilabel": [["a"], ["a", "b"], []],
    "tagging": [["a", "b"], ["b"], ["a"]],
    "regression": [1.0, 2.0, 4.0],
}


def prediction(kind):
    rows = np.array([[0.8, 0.2], [0.4, 0.6], [0.7, 0.3]])
    soft = {"tagging": [rows[:2], rows[1:2], rows[:1]], "regression": None}.get(kind, rows)
    return Prediction(TARGETS.get(kind, ["a", "b", "b"]), np.ones(3), np.ones(3, dtype=bool), soft)


def test_every_primary_metric_of_every_kind_exists_and_applies():
    for kind in KINDS:
        task = Task("t", "t", (), "t", kind, PRIMARY[kind][0], ("O", "B-x"))
        for name in PRIMARY[kind]:
            assert metric(name).applies(task), (kind, name)


@pytest.mark.parametrize("kind", KINDS)
def test_the_summary_of_right_answers_is_perfect(kind):
    task = Task("t", "t", (), "t", kind, PRIMARY[kind][0], LABELS)
    targets = TARGETS.get(kind, ["a", "b", "b"])
    found = summary(task, targets, prediction(kind))
    assert len(found) >= 5
    for name, value in found.items():
        if name not in ("log_loss", "calibration_error", "auroc"):
            assert value == pytest.approx(1.0 if metric(name).higher_is_better else 0.0), name
    if kind != "regression":
        assert 0 < found["log_loss"] < 1


def test_undefined_is_none_in_a_summary():
    task = Task("t", "t", (), "t", "regression", "r2")
    flat = Prediction([1.0, 1.0], np.ones(2), np.ones(2, dtype=bool))
    assert summary(task, [1.0, 2.0], flat)["pearson"] is None


def test_score_is_the_primary_metric():
    task = Task("t", "t", (), "t", "binary", "accuracy", LABELS)
    assert score(task, ["a", "b", "a"], prediction("binary")) == pytest.approx(2 / 3)


def test_an_unknown_name_offers_the_nearest():
    with pytest.raises(ConfigError, match="'macrof1': did you mean 'macro_f1'"):
        metric("macrof1")


def test_every_metric_says_what_it_is():
    for name, item in METRICS.items():
        assert isinstance(item, Metric)
        assert item.name == name
        assert type(item).__doc__
        assert set(item.kinds) <= set(KINDS)
        assert item.bounds[0] < item.bounds[1]
