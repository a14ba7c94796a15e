import pytest
from hypothesis import given
from hypothesis import strategies as st

from polytask._errors import BudgetError, ConfigError
from polytask.planning.budget import SMALLEST, Budget, Clock, parse, show


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5m", 300),
        ("90s", 90),
        ("1h30m", 5400),
        ("1h 30m 5s", 5405),
        ("1.5h", 5400),
        ("45", 45),
        ("2min", 120),
        (" 10S ", 10),
        (0.5, 0.5),
    ],
)
def test_times_are_read_as_people_write_them(text, seconds):
    assert parse(text).seconds == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5m", "0", "5 minutes", "m5", "nan", "inf", "1h-3m"])
def test_anything_else_is_refused_with_an_example(text):
    with pytest.raises(ConfigError, match="such as 90s, 5m or 1h30m; found"):
        parse(text)


@given(st.integers(1, 500_000))
def test_whole_seconds_survive_showing_and_reading(seconds):
    assert parse(show(seconds)).seconds == seconds


def test_the_reserve_grows_with_the_budget_and_stays_small():
    reserves = [Budget(seconds).reserve for seconds in (3.0, 60.0, 300.0, 3600.0)]
    assert reserves == [1.0, 3.0, 15.0, 60.0]


@pytest.mark.parametrize(
    "arguments", [(0.0,), (-1.0,), (float("nan"),), (10.0, 10.0), (10.0, -1.0)]
)
def test_impossible_budgets_are_refused(arguments):
    with pytest.raises(ConfigError, match="budget"):
        Budget(*arguments)


def test_a_budget_too_small_for_anything_names_the_smallest():
    with pytest.raises(BudgetError, match=r"reading the data take about 31s.*--budget 31s"):
        Budget(20.0).require(30.2, "reading the data")
    with pytest.raises(BudgetError, match=f"--budget {SMALLEST:g}s"):
        Budget(1.0).require(0.1)
    Budget(31.0).require(30.2)


def test_the_clock_counts_down_to_zero_and_keeps_the_reserve():
    used = 0.0
    clock = Clock(Budget(100.0, reserve=10.0), lambda: used)
    assert clock.left() == 90.0
    assert clock.left_in_all() == 100.0
    used = 95.0
    assert clock.left() == 0.0
    assert clock.left_in_all() == 5.0
