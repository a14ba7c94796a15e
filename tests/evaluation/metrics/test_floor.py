import math

import numpy as np
import pytest

from polytask.evaluation.metrics import floor
from polytask.tasks.task import Task

near = pytest.approx


def task(kind, metric, labels=("a", "b", "c")):
    return Task("t", "table", (), "t", kind, metric, labels)


def test_one_label_for_all_is_the_majority_of_training_not_of_test():
    train, test = ["a", "a", "b"], ["b", "b", "a", "c"]
    assert floor(task("multiclass", "accuracy"), train, test) == near(1 / 4)
    # F1 of "a" is 2/5 there, of the other two 0.
    assert floor(task("multiclass", "macro_f1"), train, test) == near(0.4 / 3)


def test_a_constant_knows_nothing_of_order_or_correlation():
    train, test = ["a", "b", "c", "a"], ["a", "b", "c"]
    assert floor(task("binary", "auroc", ("a", "b")), ["a", "b"], ["a", "b"]) == 0.5
    assert floor(task("multiclass", "mcc"), train, test) == 0.0
    assert floor(task("ordinal", "quadratic_kappa"), train, test) == near(0.0, abs=1e-12)
    assert floor(task("regression", "spearman", ()), [1.0, 2.0], [3.0, 4.0]) == 0.0


def test_numbers_are_answered_by_mean_or_median_whichever_is_better():
    train = [0.0, 0.0, 0.0, 10.0]
    assert floor(task("regression", "mae", ()), train, [0.0, 2.0]) == near(1.0)
    assert floor(task("regression", "rmse", ()), train, [2.5, 4.5]) == near(math.sqrt(2))
    assert floor(task("regression", "r2", ()), train, train) == near(0.0)


def test_sets_are_answered_by_the_best_number_of_frequent_labels():
    train = [["a", "b"], ["a"], ["a"], ["c"]]
    assert floor(task("multilabel", "accuracy"), train, train) == 0.5
    # All three labels everywhere: F1 6/7, 2/5, 2/5.
    assert floor(task("multilabel", "macro_f1"), train, train) == near((6 / 7 + 0.8) / 3)
    assert floor(task("multilabel", "micro_f1"), train, train) == near(6 / 9)


def test_every_token_gets_the_most_frequent_tag():
    plain = [["N", "N", "V"], ["N"]]
    assert floor(task("tagging", "accuracy", ("N", "V")), plain, plain) == 0.75
    spans = [["O", "O", "B-x"]]
    assert floor(task("tagging", "span_f1", ("O", "B-x")), spans, spans) == 0.0


def test_no_rows_have_no_floor_and_many_rows_cost_little():
    assert math.isnan(floor(task("binary", "accuracy"), [], ["a"]))
    assert math.isnan(floor(task("binary", "accuracy"), ["a"], []))
    many = np.repeat(["a", "b"], [40_000, 20_000]).tolist()
    assert floor(task("binary", "accuracy"), many, many) == near(2 / 3)
