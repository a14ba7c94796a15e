import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from polytask.evaluation.draws import Draws, Student, counts, draw, over_runs


def normal(value=0.0, error=1.0, draws=2000, units=500, spread=None, **extra):
    """A distribution as a bootstrap of many units would give it."""
    grid = stats.norm.ppf((np.arange(draws) + 0.5) / draws)
    return Draws(value, value + error * grid, units, spread or error, **extra)


def test_counts_hold_every_unit_as_often_as_drawn_and_all_rows_of_a_group():
    made = np.concatenate(list(counts(7, None, seed=0, draws=50)))
    assert made.shape == (50, 7)
    assert (made.sum(axis=1) == 7).all()
    group = np.array([0, 0, 1, 2, 2, 2])
    grouped = np.concatenate(list(counts(3, group, seed=0, draws=20)))
    assert (grouped[:, 0] == grouped[:, 1]).all()
    assert (grouped[:, 3:].std(axis=1) == 0).all()
    assert (grouped[:, [0, 2, 3]].sum(axis=1) == 3).all()


def test_memory_does_not_grow_with_rows_times_draws():
    chunks = [made.size for made in counts(100_000, None, seed=0, draws=50)]
    assert sum(chunks) == 50 * 100_000
    assert max(chunks) <= 2_000_000


def test_chunks_are_equal_wherever_they_are_cut():
    arms = [[np.arange(30_000, dtype=float)[:, None]]]
    means = draw(arms, lambda rows, n: (n @ rows)[:, 0] / n.sum(axis=1), None, seed=3, draws=100)
    assert means[0].shape == (101, 1)
    assert means[0][0, 0] == pytest.approx(14_999.5)
    error = means[0][1:, 0].std()
    assert error == pytest.approx(30_000 / math.sqrt(12 * 30_000), rel=0.2)


def test_runs_are_resampled_with_their_full_variance():
    random = np.random.default_rng(0)
    for runs in (2, 5):
        scores = random.normal(size=runs)
        found = over_runs(np.tile(scores, (20_000, 1)), seed=0)
        assert found.var() == pytest.approx(scores.var(ddof=1) / runs, rel=0.05)
    alone = random.normal(size=(10, 1))
    assert over_runs(alone, seed=0).tolist() == alone[:, 0].tolist()


def test_ends_of_many_units_are_plain_percentiles():
    found = normal(value=2.0)
    assert found.low() == pytest.approx(2 - 1.96, abs=0.02)
    assert found.high() == pytest.approx(2 + 1.96, abs=0.02)
    assert found.low(0.0001) == pytest.approx(2 - 3.72, abs=0.1)  # beyond the draws


def test_ends_of_few_units_lie_as_far_out_as_students():
    few = normal(units=10)
    wanted = stats.t.ppf(0.975, 9) * math.sqrt(10 / 9)
    assert few.high() == pytest.approx(wanted, abs=0.05)
    assert Student.of(10).quantile(0.025) == pytest.approx(-wanted, rel=1e-9)


def test_ends_of_few_runs_lie_as_far_out_as_satterthwaites():
    found = normal(units=500, spread=0.6, runs=2)
    share = found.between_runs / found.values.var(ddof=1)
    assert share == pytest.approx(0.64, abs=0.01)
    degrees = 1 / ((1 - share) ** 2 / 499 + share**2)
    assert found.high() == pytest.approx(stats.t.ppf(0.975, degrees), abs=0.05)
    assert normal(units=500, spread=0.6, runs=20).high() == pytest.approx(2.01, abs=0.02)
    assert normal(units=500, runs=2).high() == pytest.approx(1.96, abs=0.02)  # runs agree


@pytest.mark.parametrize(("runs", "most"), [(2, 0.055), (3, 0.042)])
def test_runs_that_differ_by_luck_alone_are_seldom_called_better(runs, most):
    random = np.random.default_rng(0)
    wrong, repeats = 0, 1000
    for seed in range(repeats):
        rows, luck = random.normal(size=201), 3 * random.normal(size=runs)
        gain = rows[0] + luck.mean()
        drawn = over_runs((rows[0] + rows[1:])[:, None] + luck, seed=seed)
        spread = float(rows[1:].std(ddof=1))
        wrong += Draws(gain, np.sort(drawn), 200, spread, runs=runs).low() > 0
    assert wrong / repeats <= most  # 0.067 and 0.048 with the degrees of freedom of rows alone


def test_one_unit_says_nothing():
    alone = normal(units=1, bounds=(-1.0, 1.0))
    assert (alone.low(), alone.high()) == (-1.0, 1.0)
    assert alone.above(-0.5) == 1.0


def test_no_changed_unit_is_met_with_an_unseen_pair():
    same = Draws(0.0, np.zeros(2000), 20, 0.0, (-1.0, 1.0), changed=0)
    assert same.high() == pytest.approx(1.96 / 22, abs=1e-3)
    assert same.low() == -same.high()
    unbounded = Draws(0.0, np.zeros(2000), 20, 0.0, changed=0)
    assert (unbounded.low(), unbounded.high()) == (0.0, 0.0)


def test_one_changed_unit_does_not_prove_a_direction():
    random = np.random.default_rng(0)
    gains = np.sort(random.binomial(20, 1 / 20, 2000) / 20)
    found = Draws(0.05, gains, 20, float(gains.std()), (-1.0, 1.0), changed=1)
    assert found.low() < -0.05
    assert found.above(-0.01) > 0.1
    assert Draws(0.05, gains, 20, 0.05, (-1.0, 1.0)).low() >= 0  # what plain draws would say


def test_undefined_values_decide_nothing():
    for empty in (Draws(math.nan, np.zeros(5), 5, 0.0), Draws(1.0, np.zeros(0), 5, 0.0)):
        assert math.isnan(empty.low())
        assert math.isnan(empty.high())
        assert empty.above(0.0) == empty.below(0.0) == 1.0


@given(
    st.floats(-3, 3),
    st.floats(-3, 3),
    st.sampled_from([3, 8, 25, 400]),
    st.sampled_from([None, 0, 1, 7, 300]),
    st.floats(1e-5, 0.4),
    st.sampled_from([(1, 1.0), (2, 0.1), (2, 0.7), (3, 0.4), (9, 0.2)]),
)
@settings(max_examples=300, deadline=None)
def test_an_end_passes_a_null_exactly_if_the_p_value_says_so(
    value, null, units, changed, tail, seeds
):
    runs, spread = seeds
    found = normal(value=value, draws=200, units=units, changed=changed, runs=runs, spread=spread)
    if abs(found.above(null) - tail) > 1e-9:
        assert (found.low(tail) > null) == (found.above(null) < tail)
    if abs(found.below(null) - tail) > 1e-9:
        assert (found.high(tail) < null) == (found.below(null) < tail)
    assert found.low(tail) <= value <= found.high(tail)


@pytest.mark.parametrize(
    ("rows", "gained", "lost"), [(20, 0.05, 0.05), (100, 0.02, 0.03), (300, 0.1, 0.11)]
)
def test_intervals_of_a_gain_cover_the_truth_also_where_few_rows_differ(rows, gained, lost):
    random = np.random.default_rng(0)
    covered, above, repeats = 0, 0, 200
    for seed in range(repeats):
        first, second, _ = random.multinomial(rows, [gained, lost, 1 - gained - lost])
        gain = np.repeat([1.0, -1.0, 0.0], [first, second, rows - first - second])
        drawn = np.concatenate([n @ gain / rows for n in counts(rows, None, seed=seed, draws=400)])
        found = Draws(
            gain.mean(), np.sort(drawn), rows, drawn.std(ddof=1), (-1.0, 1.0), first + second
        )
        covered += found.low() <= gained - lost <= found.high()
        above += found.low() > gained - lost
    assert covered / repeats >= 0.92
    # 2.5 % is meant; 3.3 standard errors of 200 repeats above it.
    assert above / repeats <= 0.06
