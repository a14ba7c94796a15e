"""Kinds by values and names."""

import polars as pl
import pytest

from polytask._errors import DataError
from polytask.tasks.detection_facts import facts
from polytask.tasks.detection_roles import free_text, kind_of, label_like, scale

KINDS = [
    ("fine", [0, 1, 2, 3, 4] * 20, "multiclass"),
    ("stars", [1, 2, 3, 4, 5] * 20, "ordinal"),
    ("stars", [0.5, 1.0, 4.5] * 20, "regression"),
    ("score", list(range(100)), "regression"),
    ("age", [20, 30, 40] * 20, "regression"),
    ("revenue", [0, 1] * 20, "binary"),
    ("label", list(range(77)) * 4, "multiclass"),
    ("x", list(range(77)) * 4, "regression"),
    ("zip", [10115, 80331, 50667] * 20, "regression"),
    ("topic", [["a"], ["a", "b"]] * 20, "multilabel"),
    ("mood", ["good", "bad", "good"] * 20, "binary"),
    ("mood", ["never", "often", "always"] * 20, "ordinal"),
    ("mood", ["negative", "neutral", "positive"] * 20, "multiclass"),
]


@pytest.mark.parametrize(("name", "cells", "kind"), KINDS)
def test_kind_of(name, cells, kind):
    found, reason = kind_of(facts(pl.Series(name, cells)))
    assert found == kind
    assert reason


def test_what_makes_no_task():
    with pytest.raises(DataError, match=r"'b' holds neither labels, numbers nor lists"):
        kind_of(facts(pl.Series("b", [b"x", b"y"])), stated=True)
    with pytest.raises(DataError, match=r"'t' has another value in each of its 2 rows"):
        kind_of(facts(pl.Series("t", ["a b c", "d e f"])), stated=True)


def test_text_and_labels_exclude_each_other():
    text = facts(pl.Series("t", [f"a text about {i}" for i in range(30)]))
    label = facts(pl.Series("t", ["a general condition", "neoplasms"] * 15))
    assert free_text(text)
    assert not label_like(text)
    assert label_like(label)
    assert not free_text(label)


def test_scale_needs_three_words_of_one_scale():
    assert scale(("High", "medium", "LOW")) == ("LOW", "medium", "High")
    assert scale(("high", "low")) == ()
    assert scale(("high", "low", "blue")) == ()
