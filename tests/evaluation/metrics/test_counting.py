import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from polytask.evaluation.metrics import metric
from polytask.evaluation.metrics.counting import confusion_counts, label_positions, steps
from polytask.evaluation.prediction import Prediction
from polytask.tasks.task import Task

LABELS = ("a", "b", "c", "d")
near = pytest.approx
# scikit-learn warns where only one label occurs; the values are compared all the same
pytestmark = pytest.mark.filterwarnings("ignore:A single label", "ignore:Number of classes")


def task(kind, name="accuracy", labels=LABELS):
    return Task("t", "table", (), "t", kind, name, labels)


def answers(labels):
    return Prediction(labels, np.ones(len(labels)), np.ones(len(labels), dtype=bool))


label_pairs = st.lists(
    st.tuples(st.sampled_from([*LABELS, "new"]), st.sampled_from(LABELS)), min_size=1, max_size=60
)
set_pairs = st.lists(
    st.tuples(*[st.lists(st.sampled_from(LABELS), unique=True)] * 2), min_size=1, max_size=40
)


@given(label_pairs)
@settings(max_examples=60, deadline=None)
def test_one_label_a_row_agrees_with_scikit_learn(pairs):
    truth, answer = map(list, zip(*pairs, strict=True))
    expected = {
        "accuracy": sk.accuracy_score(truth, answer),
        "macro_f1": sk.f1_score(truth, answer, average="macro"),
        "weighted_f1": sk.f1_score(truth, answer, average="weighted"),
        "mcc": sk.matthews_corrcoef(truth, answer),
    }
    for name, value in expected.items():
        found = metric(name).of(task("multiclass"), truth, answers(answer))
        assert found == near(value, abs=1e-9), name


@given(set_pairs)
@settings(max_examples=60, deadline=None)
def test_sets_of_labels_agree_with_scikit_learn(pairs):
    truth, answer = map(list, zip(*pairs, strict=True))
    tables = [np.array([[label in row for label in LABELS] for row in rows]) for rows in
              (truth, answer)]  # fmt: skip
    found = {
        name: metric(name).of(task("multilabel"), truth, answers(answer))
        for name in ("accuracy", "micro_f1", "macro_f1", "weighted_f1")
    }
    assert found["accuracy"] == near(sk.accuracy_score(*tables), abs=1e-9)
    assert found["micro_f1"] == near(
        sk.f1_score(*tables, average="micro", zero_division=0), abs=1e-9
    )
    each = sk.f1_score(*tables, average=None, zero_division=np.nan)
    if np.isnan(each).all():
        assert math.isnan(found["macro_f1"])
    else:
        assert found["macro_f1"] == near(np.nanmean(each), abs=1e-9)
        support = tables[0].sum(axis=0)
        weighted = np.nansum(each * support) / support.sum() if support.sum() else math.nan
        assert found["weighted_f1"] == near(weighted, abs=1e-9, nan_ok=True)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=50))
@settings(max_examples=60, deadline=None)
def test_quadratic_kappa_agrees_with_scikit_learn(pairs):
    truth, answer = zip(*pairs, strict=True)
    found = metric("quadratic_kappa").of(
        task("ordinal"), [LABELS[i] for i in truth], answers([LABELS[i] for i in answer])
    )
    if len({*truth, *answer}) == 1:
        assert math.isnan(found)
    else:
        expected = sk.cohen_kappa_score(truth, answer, weights="quadratic", labels=range(4))
        assert found == near(expected, abs=1e-9)


@given(st.lists(st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), max_size=6),
                min_size=1, max_size=10))  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_tags_are_counted_by_token(sentences):
    truth = [[pair[0] for pair in sentence] for sentence in sentences]
    answer = [[pair[1] for pair in sentence] for sentence in sentences]
    flat = [tag for row in truth for tag in row], [tag for row in answer for tag in row]
    for name, expected in (
        ("accuracy", sk.accuracy_score),
        ("macro_f1", lambda t, a: sk.f1_score(t, a, average="macro")),
        ("mcc", sk.matthews_corrcoef),
    ):
        found = metric(name).of(task("tagging"), truth, answers(answer))
        if flat[0]:
            assert found == near(expected(*flat), abs=1e-9)
        else:
            assert math.isnan(found) or name == "mcc"


def test_a_draw_has_the_metric_of_the_rows_it_holds():
    random = np.random.default_rng(0)
    truth = random.choice(LABELS, 40).tolist()
    given_answers = random.choice(LABELS, 40).tolist()
    drawn = random.integers(0, 40, 40)
    counts = np.bincount(drawn, minlength=40).astype(float)[None]
    for name in ("accuracy", "macro_f1", "weighted_f1", "mcc", "quadratic_kappa"):
        judge, kind = metric(name), task("ordinal")
        rows = judge.per_row(kind, truth, answers(given_answers))
        held = [truth[i] for i in drawn], answers([given_answers[i] for i in drawn])
        assert judge.resampled(rows, counts)[0] == near(judge.of(kind, *held), abs=1e-12)


def test_a_label_that_training_never_had_is_wrong_and_far_from_its_answer():
    truth, answer = ["new", "new", "b"], ["a", "d", "b"]
    assert metric("accuracy").of(task("multiclass"), truth, answers(answer)) == near(1 / 3)
    positions = steps(task("ordinal"), truth, answers(answer))
    assert [array.tolist() for array in positions] == [[3, 0, 1], [0, 3, 1]]
    assert label_positions(task("ordinal"), truth).tolist() == [-1, -1, 1]


def test_confusion_counts_have_truth_in_rows():
    labels, counts = confusion_counts(
        task("multiclass"), ["a", "a", "new"], answers(["a", "b", "b"])
    )
    assert labels == (*LABELS, "new")
    assert counts[0].tolist() == [1, 1, 0, 0, 0]
    assert counts[4].tolist() == [0, 1, 0, 0, 0]
