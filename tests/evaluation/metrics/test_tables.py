import numpy as np
import pytest
from sklearn.metrics import classification_report

from polytask.evaluation.metrics import classes, confusion, residuals
from polytask.evaluation.prediction import Prediction
from polytask.tasks.task import Task

LABELS = ("a", "b", "c")


def task(kind, labels=LABELS):
    return Task("t", "table", (), "t", kind, "accuracy", labels)


def answers(labels):
    return Prediction(labels, np.ones(len(labels)), np.ones(len(labels), dtype=bool))


def test_the_report_is_that_of_scikit_learn():
    random = np.random.default_rng(0)
    truth, answer = random.choice(LABELS, 50).tolist(), random.choice(LABELS, 50).tolist()
    expected = classification_report(truth, answer, output_dict=True)
    for row in classes(task("multiclass"), truth, answers(answer)):
        wanted = expected[row.label]
        assert row.precision == pytest.approx(wanted["precision"])
        assert row.recall == pytest.approx(wanted["recall"])
        assert row.f1 == pytest.approx(wanted["f1-score"])
        assert row.support == wanted["support"]


def test_what_never_occurs_is_none_and_an_unseen_label_is_listed_last():
    found = classes(task("multiclass"), ["a", "new"], answers(["a", "b"]))
    assert [row.label for row in found] == ["a", "b", "c", "new"]
    assert (found[1].precision, found[1].recall, found[1].f1) == (0.0, None, 0.0)
    assert (found[2].precision, found[2].recall, found[2].f1) == (None, None, None)
    assert (found[3].precision, found[3].recall, found[3].f1) == (None, 0.0, 0.0)


def test_bio_tags_are_reported_by_span_type_and_plain_tags_by_token():
    bio = task("tagging", ("O", "B-x", "I-x", "B-y"))
    found = classes(bio, [["B-x", "I-x", "B-y"]], answers([["B-x", "I-x", "O"]]))
    assert [(row.label, row.recall, row.support) for row in found] == [("x", 1.0, 1), ("y", 0.0, 1)]
    plain = classes(task("tagging"), [["a", "b"]], answers([["a"]]))
    assert [(row.label, row.recall) for row in plain] == [("a", 1.0), ("b", 0.0), ("c", None)]


def test_sets_are_reported_by_label():
    found = classes(task("multilabel"), [["a", "b"], ["a"]], answers([["a"], []]))
    assert [(row.label, row.precision, row.recall) for row in found[:2]] == [
        ("a", 1.0, 0.5),
        ("b", None, 0.0),
    ]


def test_confusion_has_truth_in_rows_and_counts_tokens():
    found = confusion(task("multiclass"), ["a", "a", "b"], answers(["a", "b", "b"]))
    assert found.labels == LABELS
    assert found.counts == ((1, 1, 0), (0, 1, 0), (0, 0, 0))
    tokens = confusion(task("tagging"), [["a", "b"], ["c"]], answers([["a", "b"], ["c"]]))
    assert sum(map(sum, tokens.counts)) == 3
    assert confusion(task("multilabel"), [["a"]], answers([["a"]])) is None


def test_residuals_are_answer_minus_target():
    number = task("regression", ())
    truth = np.arange(1000, dtype=float)[::-1].tolist()
    found = residuals(number, truth, answers([value + 2 for value in truth]))
    assert (found.mean, found.std) == (2.0, 0.0)
    assert found.quantiles == {"5%": 2.0, "25%": 2.0, "50%": 2.0, "75%": 2.0, "95%": 2.0}
    assert len(found.points) == 300
    assert (found.points[0], found.points[-1]) == ((0.0, 2.0), (999.0, 1001.0))
    assert residuals(number, [], answers([])) is None
    assert residuals(task("binary"), ["a"], answers(["a"])) is None
    assert classes(number, [1.0], answers([1.0])) == ()
