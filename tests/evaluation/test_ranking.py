"""Places, regret and rank correlation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from polytask.evaluation.ranking import combined, correlation, places, ranked, regret

FEW = st.lists(st.integers(-3, 3), min_size=3, max_size=8)


@pytest.mark.slow
@given(FEW, st.data())
def test_correlation_is_spearmans(scores, data):
    gains = data.draw(st.lists(st.integers(-3, 3), min_size=len(scores), max_size=len(scores)))
    found = correlation(scores, gains)
    if len(set(scores)) == 1 or len(set(gains)) == 1:
        assert found is None
    else:
        assert found == pytest.approx(spearmanr(scores, gains).statistic, abs=1e-6)


@given(FEW)
def test_places_go_from_first_to_last_and_are_half_on_average(values):
    found = places(values)
    assert sum(found) / len(found) == pytest.approx(0.5)
    assert all(0 <= place <= 1 for place in found)
    best = found[values.index(max(values))]
    assert best == min(found)


@given(FEW)
def test_trying_more_never_regrets_more(values):
    gains = [value / 100 for value in values]
    told = [regret(values[::-1], gains, k) for k in range(1, len(values) + 1)]
    assert told == sorted(told, reverse=True)
    assert told[-1] == 0
    assert regret(values, gains, 1) == 0, "who ranks as it came true regrets nothing"


def test_a_judge_of_one_candidate_ranks_nothing():
    scores = [{"x": 0.9, "once": -5.0}, {"x": 0.1}, {}]
    assert ranked(scores) == [{"x": 0.0}, {"x": 1.0}, {}]
    assert combined(scores) == [0.0, 1.0, 0.5]


def test_of_few_no_correlation_is_told():
    assert correlation([1, 2], [1, 2]) is None
