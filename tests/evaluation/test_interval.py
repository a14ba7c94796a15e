import math
import time

import numpy as np
import pytest

from polytask.evaluation.interval import (
    Interval,
    Pair,
    gain_draws,
    interval,
    margin_of,
    paired,
    share,
    wilson,
)
from polytask.evaluation.metrics import metric
from polytask.evaluation.prediction import Prediction
from polytask.tasks.task import Task

LABELS = ("a", "b", "c")
near = pytest.approx


def task(kind="multiclass", name="accuracy", labels=LABELS):
    return Task("t", "table", (), "t", kind, name, labels)


def answers(labels):
    return Prediction(labels, np.ones(len(labels)), np.ones(len(labels), dtype=bool))


def simulated(rows, right, seed=0):
    """Targets and answers of which about the share `right` are right."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 3, rows)
    answer = np.where(random.random(rows) < right, truth, (truth + 1) % 3)
    return [LABELS[i] for i in truth], answers([LABELS[i] for i in answer])


def test_wilson_is_the_textbook_interval():
    found = wilson(8, 10)
    assert (found.value, found.low, found.high) == (
        0.8,
        near(0.4901625, abs=1e-6),
        near(0.9433178, abs=1e-6),
    )
    assert wilson(0, 20) == Interval(0.0, 0.0, near(1 - 0.8388753, abs=1e-6))


def test_all_right_on_few_rows_is_not_certain():
    truth = ["a", "b"] * 10
    assert interval(task(), truth, answers(truth)).low == near(0.839, abs=1e-3)
    tags = [[label] for label in truth]
    for kind, name, targets in (
        ("multiclass", "macro_f1", truth),
        ("tagging", "accuracy", tags),
    ):
        found = interval(task(kind, name), targets, answers(targets))
        assert found == Interval(1.0, near(0.839, abs=1e-3), 1.0)
    wrong = interval(task("tagging"), tags, answers([["c"]] * 20))
    assert wrong == Interval(0.0, 0.0, near(0.161, abs=1e-3))
    grouped = interval(task(), truth, answers(truth), groups=[i // 4 for i in range(20)])
    assert grouped.low == near(wilson(5, 5).low)


def test_one_row_and_no_row():
    assert interval(task(), ["a"], answers(["a"])) == Interval(1.0, near(0.2065, abs=1e-4), 1.0)
    found = interval(task("multiclass", "macro_f1"), ["a"], answers(["a"]))
    assert (found.low, found.high) == (0.0, 1.0)
    nothing = interval(task(), [], answers([]))
    assert all(math.isnan(end) for end in (nothing.value, nothing.low, nothing.high))
    assert math.isnan(paired(task(), [], answers([]), answers([])).low)


@pytest.mark.parametrize("name", ["accuracy", "macro_f1", "mcc"])
def test_five_thousand_rows_take_under_a_second(name):
    truth, answer = simulated(5000, 0.8)
    start = time.process_time()
    found = interval(task("multiclass", name), truth, [answer])
    # Twice the second that is promised, since other work may share the core.
    assert time.process_time() - start < 2
    assert found.low < found.value < found.high


@pytest.mark.parametrize("name", ["accuracy", "macro_f1"])
def test_ninety_five_percent_of_intervals_cover_the_truth(name):
    held = 0
    whole = simulated(200_000, 0.7, seed=1)
    true = metric(name).of(task("multiclass", name), *whole)
    for seed in range(300):
        truth, answer = simulated(40, 0.7, seed=seed)
        found = interval(task("multiclass", name), truth, answer, draws=400, seed=seed)
        held += found.low <= true <= found.high
    assert 0.92 <= held / 300 <= 0.985


def test_rows_of_a_group_count_as_one():
    truth, answer = simulated(300, 0.7)
    alone = interval(task(), truth, answer)
    groups = [i for i in range(300) for _ in range(4)]
    repeated = [t for t in truth for _ in range(4)]
    often = answers([a for a in answer.labels for _ in range(4)])
    grouped = interval(task(), repeated, often, groups=groups)
    naive = interval(task(), repeated, often)
    assert grouped.high - grouped.low == near(alone.high - alone.low, rel=0.1)
    assert naive.high - naive.low == near((alone.high - alone.low) / 2, rel=0.1)


def test_a_share_is_wilsons_or_that_of_groups():
    hits = np.arange(40) % 4 > 0
    assert share(hits) == wilson(30, 40)
    alone = share(hits, groups=[""] * 40)
    assert (alone.low, alone.high) == (near(0.6, abs=0.03), near(0.875, abs=0.03))
    assert share(np.ones(8, dtype=bool), groups=list("aabbccdd")).low == near(wilson(4, 4).low)


def test_runs_that_differ_widen_the_interval():
    truth, first = simulated(400, 0.9)
    _, second = simulated(400, 0.9)  # the same answers
    worse = answers(["a"] * 400)
    same = interval(task(), truth, [first, second])
    differ = interval(task(), truth, [first, worse])
    assert same.high - same.low < 0.08
    assert differ.value == near((same.value + np.mean([t == "a" for t in truth])) / 2)
    assert differ.high - differ.low > 0.4


def test_a_gain_is_positive_where_the_shared_model_is_better_whatever_the_metric():
    truth = np.linspace(0, 10, 200)
    noise = np.random.default_rng(0).normal(size=200)
    good, bad = answers((truth + noise).tolist()), answers((truth + 3 * noise).tolist())
    for name in ("mae", "rmse", "r2", "pearson", "spearman"):
        found = paired(task("regression", name, ()), truth.tolist(), good, bad)
        assert 0 < found.low < found.value < found.high, name
        back = paired(task("regression", name, ()), truth.tolist(), bad, good)
        assert back.value == near(-found.value)
        assert (back.low, back.high) == (near(-found.high, rel=0.02), near(-found.low, rel=0.02))


def test_pairing_takes_out_what_both_share():
    truth, answer = simulated(1000, 0.7)
    nearly = list(answer.labels)
    nearly[:60] = truth[:60]
    found = paired(task(), truth, answers(nearly), answer)
    assert found.low > 0
    assert found.high - found.low < 0.03
    assert gain_draws(Pair(task(), truth, answers(nearly), answer)).changed == sum(
        t != a for t, a in zip(truth[:60], answer.labels, strict=False)
    )


def test_equal_answers_prove_little_on_few_rows_and_much_on_many():
    for rows, wide in ((20, 0.089), (5000, 0.0004)):
        truth, answer = simulated(rows, 0.7)
        found = paired(task(), truth, answer, answer)
        assert found.value == 0
        assert found.high == near(-found.low) == near(wide, rel=0.03)


def test_draws_know_of_how_many_runs_they_are():
    truth, answer = simulated(50, 0.7)
    for shared, control, wanted in (([answer], [answer], 1), ([answer] * 3, answer, 3),
                                    ([answer] * 3, [answer] * 2, 2)):  # fmt: skip
        assert gain_draws(Pair(task(), truth, shared, control)).runs == wanted
    worse = answers(["a"] * 50)
    two = interval(task(), truth, [answer, worse])
    four = interval(task(), truth, [answer, worse, answer, worse])
    assert (two.low, two.high) == (0.0, 1.0)  # two seeds that differ so much say nothing
    assert 0 < four.low < four.high < 1


def test_runs_of_both_sides_are_pairs_if_as_many():
    truth, good = simulated(500, 0.9, seed=0)
    bad = answers(["a"] * 500)
    pairs = paired(task(), truth, [good, bad], [good, bad])
    assert pairs.high - pairs.low < 0.02
    apart = paired(task(), truth, [good, bad], [good, bad, bad])
    assert apart.high - apart.low > 0.5


def test_tagging_is_resampled_by_sentence():
    random = np.random.default_rng(0)
    right = random.random(100) < 0.5
    truth = [["a"] * 50] * 100
    answer = answers([["a" if r else "b"] * 50 for r in right])
    found = interval(task("tagging"), truth, answer)
    assert found.high - found.low == near(2 * 1.96 * 0.5 / 10, rel=0.1)


def test_a_margin_of_an_error_is_a_share_of_the_targets_spread():
    assert margin_of(task(), ["a"], 0.01) == 0.01
    assert margin_of(task("regression", "mae", ()), [0.0, 200.0], 0.01) == near(1.0)
    assert margin_of(task("regression", "r2", ()), [0.0, 200.0], 0.01) == 0.01
    assert margin_of(task("ordinal", "mae"), ["a"], 0.01) == 0.01


def test_the_same_seed_gives_the_same_interval():
    truth, answer = simulated(200, 0.7)
    judged = task("multiclass", "macro_f1")
    assert interval(judged, truth, answer, seed=4) == interval(judged, truth, answer, seed=4)
    assert interval(judged, truth, answer, seed=4) != interval(judged, truth, answer, seed=5)
