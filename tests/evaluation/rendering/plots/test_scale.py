"""Axes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polytask.evaluation.rendering.plots.scale import Scale, fractions, scale

finite = st.floats(-1e9, 1e9, allow_subnormal=False)


@given(st.lists(finite, min_size=1, max_size=8))
def test_an_axis_holds_its_values_and_has_few_ticks(values):
    axis = scale(values)
    width = axis.high - axis.low
    assert width > 0
    assert all(axis.low - 1e-6 * width <= v <= axis.high + 1e-6 * width for v in values)
    assert 2 <= len(axis.ticks) <= 7
    assert list(axis.ticks) == sorted(axis.ticks)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=8))
def test_fractions_keep_their_order(values):
    axis = fractions(values)
    places = [axis.at(value) for value in sorted(values)]
    assert places == sorted(places)
    assert all(0 <= place <= 1 for place in places)
    assert axis.at(1.0) == 1.0


def test_fractions_near_one_stand_apart():
    axis = fractions([0.2, 0.98, 0.99])
    assert axis.low == 0.0
    assert axis.at(0.99) - axis.at(0.98) > 0.03


def test_absent_values_are_left_out():
    assert scale([None, float("nan"), 2.0, 4.0]).ticks == (2.0, 2.5, 3.0, 3.5, 4.0)
    assert fractions([None]).low == 0.0
    assert fractions([]).low == 0.0
    assert fractions([-3.0]).low == -1.0


def test_one_value_gets_room():
    axis = scale([0.41])
    assert axis.low < 0.41 < axis.high
    assert scale([0.0]).low < 0 < scale([0.0]).high


@pytest.mark.parametrize(("value", "place"), [(-1, 0.0), (5, 0.5), (11, 1.0)])
def test_values_beyond_stay_at_the_end(value, place):
    assert Scale(0.0, 10.0).at(value) == place
    assert Scale(0.0, 10.0).holds(value) is (0 <= value <= 10)


def test_an_empty_range_has_a_middle():
    assert Scale(3.0, 3.0).at(3.0) == 0.5
