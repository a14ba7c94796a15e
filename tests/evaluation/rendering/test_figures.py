"""Figures for a person."""

import pytest

from polytask.evaluation.rendering.figures import (
    count,
    duration,
    figure,
    gain_span,
    recipe_name,
    recipe_text,
    signed,
    size,
    span,
)


@pytest.mark.parametrize(
    ("value", "metric", "shown"),
    [
        (0.0, "accuracy", "0.0"),
        (1.0, "accuracy", "100.0"),
        (-0.0001, "mcc", "0.0"),
        (-0.25, "r2", "−25.0"),
        (1234.0, "rmse", "1.23e+03"),
        (41.0, "mae", "41.0"),
        (None, "mae", "–"),
    ],
)
def test_values(value, metric, shown):
    assert figure(value, metric) == shown


def test_differences_carry_their_sign():
    assert [signed(v) for v in (0.021, -0.021, 0.0002, -0.0002, None)] == [
        "+2.1",
        "−2.1",
        "0.0",
        "0.0",
        "–",
    ]


def test_ends_of_intervals():
    assert span(0.5, 0.75) == "50.0–75.0"
    assert span(-0.05, 0.1) == "−5.0 to 10.0"
    assert gain_span(-0.01, 0.02) == "−1.0…+2.0"
    assert span(None, 0.1) == gain_span(0.1, None) == ""


def test_sizes_counts_and_times():
    assert [size(n) for n in (None, 0, 999, 1000, 4_500_000, 5 * 10**12)] == [
        "–",
        "0 B",
        "999 B",
        "1.0 kB",
        "4.5 MB",
        "5.0 TB",
    ]
    assert [count(n) for n in (None, 12, 99_999, 1_700_000_000)] == ["–", "12", "100 k", "1.7 bn"]
    assert [duration(s) for s in (None, 0.04, 60, 61, 1800, 3600, 7260)] == [
        "–",
        "0.0 s",
        "1 min",
        "1 min 01 s",
        "30 min",
        "1 h 00 min",
        "2 h 01 min",
    ]


def test_recipes_read_well():
    assert recipe_text("FineTune(epochs=3, learning_rate=0.0002, balancer=Uncertainty())") == (
        "FineTune(epochs=3, learning_rate=2e-4, balancer=Uncertainty())"
    )
    assert recipe_text("Probe(c=1.5)") == "Probe(c=1.5)"
    assert recipe_text("Probe") == "Probe"
    assert recipe_text("not a recipe (") == "not a recipe ("
    assert recipe_name("TopLayers(layers=2)") == "TopLayers"
