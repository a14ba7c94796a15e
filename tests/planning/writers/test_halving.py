import ast

import pytest

from polytask.planning.budget import parse
from polytask.planning.checks import check_text
from polytask.planning.writers import halving
from polytask.planning.writers.costs import Costs
from polytask.planning.writers.rules import write

RATES = ["0.0006", "0.0007", "0.0003", "0.0004"]


def drawn(rate, epochs):
    shown = "" if epochs == 4 else f"epochs={epochs}, "  # what is default is left out
    return f"FineTune({shown}learning_rate={rate})"


def dev(tasks, recipe):
    """The third rate is best and the second next, more so the longer; above what the plan has."""
    if not any(f"learning_rate={rate})" in recipe for rate in RATES):
        return dict.fromkeys(tasks, 0.5)
    rate = recipe.rpartition("=")[2].rstrip(")")
    epochs = next(n for n in (2, 4, 8) if recipe == drawn(rate, n))
    return dict.fromkeys(tasks, 0.4 + [0, 0.1, 0.2, 0.05][RATES.index(rate)] + 0.01 * epochs)


@pytest.fixture
def searching(recorder):
    def made(names=("a",), budget=float("inf"), dev=dev, **more):
        operations = recorder(names, dev=dev, budget=budget, **more)
        operations.drawn = RATES
        return operations

    return made


def searched(operations):
    return [(t, r) for t, r in operations.trained() if any(f"={rate})" in r for rate in RATES)]


def delivered(operations):
    return next(item[1] for item in operations.log if item[0] == "combine")


def test_blocks_are_whole_statements_with_lines_of_house_width(task):
    for text in (halving.function([task("a")], Costs()), halving.LOOP):
        assert ast.parse(text).body
        assert text.endswith("\n")
        assert max(map(len, text.splitlines())) <= 100
        assert "about about" not in text


def test_the_better_half_goes_on_for_twice_as_long(play, searching, task, profile):
    operations = searching()
    assert play(profile(task("a")), operations).status == "finished"
    expected = [(rate, 2) for rate in RATES]
    expected += [("0.0003", 4), ("0.0007", 4), ("0.0003", 8)]
    assert searched(operations) == [(("a",), drawn(*one)) for one in expected]
    assert searched(operations) == operations.trained()[-7:]
    assert delivered(operations) == {"a": f"a:{drawn('0.0003', 8)}"}
    assert f"a: {drawn('0.0003', 8)}, found by search" in operations.said()


def kept_apart(tasks, recipe):
    """Sharing helps `a` and `b` and hurts the others."""
    gain = {"a": 0.3, "b": 0.3, "c": -0.1, "d": -0.1} if len(tasks) > 1 else {}
    return {name: value + gain.get(name, 0.0) for name, value in dev(tasks, recipe).items()}


def test_rows_to_judge_by_decide_the_order_and_shared_tasks_are_left(
    play, searching, task, profile
):
    names = ("a", "b", "c", "d")
    operations = searching(names, dev=kept_apart)
    tasks = [
        task(name, rows=rows) for name, rows in zip(names, (9000, 9000, 5000, 8000), strict=True)
    ]
    assert play(profile(*tasks), operations).status == "finished"
    order = dict.fromkeys(names[0] for names, _ in searched(operations) if len(names) == 1)
    assert list(order) == ["d", "c"]
    found = delivered(operations)
    assert found["a"] == found["b"] != found["c"]
    assert {found["c"], found["d"]} == {f"{one}:{drawn('0.0003', 8)}" for one in "cd"}


@pytest.mark.slow
def test_a_longer_budget_goes_on_from_there_and_is_never_worse(play, searching, task, profile):
    found = profile(task("a"), task("b", modality="image"))
    whole = searching(("a", "b"))
    play(found, whole, name="whole.sqlite")
    before, last = len(whole.trained()) - 14, 0.0
    for extra in range(15):
        operations = searching(("a", "b"), budget=before + extra)
        play(found, operations, name=f"{extra}.sqlite")
        assert list(operations.parts) == list(whole.parts)[: before + extra]
        total = sum(operations.parts[part][t] for t, part in delivered(operations).items())
        assert total >= last
        last = total


@pytest.mark.slow
def test_the_search_waits_for_the_repeats(play, searching, task, profile):
    found, last = profile(*map(task, "abcd")), -1.0
    cost = {"cost": lambda tasks, _: 5 if len(tasks) > 1 else 1}  # the search would fit before
    whole = searching("abcd", dev=kept_apart, **cost)
    play(found, whole, name="whole.sqlite")
    first = next(n for n, part in enumerate(whole.parts) if "#" in part)
    assert first < len(whole.parts) - 14, "the search comes after the repeats"
    spent = [5 if part.startswith("a+b") else 1 for part in whole.parts]
    for budget in range(sum(spent[:first]), sum(spent) + 1):
        operations = searching("abcd", budget=budget + 0.5, dev=kept_apart, **cost)
        play(found, operations, name=f"{budget}.sqlite")
        total = sum(operations.parts[part][t] for t, part in delivered(operations).items())
        assert total >= last
        last = total
    assert searched(operations) == searched(whole)


def test_a_setting_that_fails_drops_out(play, searching, task, profile):
    def failing(tasks, recipe):
        return None if recipe == drawn("0.0003", 2) else dev(tasks, recipe)

    operations = searching(dev=failing)
    play(profile(task("a")), operations)
    assert [recipe for _, recipe in searched(operations)][4:] == [
        drawn("0.0007", 4),
        drawn("0.0004", 4),
        drawn("0.0007", 8),
    ]
    assert any("failed: not enough rows" in line for line in operations.said())


def test_without_an_encoder_nothing_is_searched(task, profile, vocabulary):
    plain = write(profile(task("a")), budget=parse("5m"), encoders=())
    assert "suggest" not in plain
    plan = write(profile(task("a")), budget=parse("5m"))
    check_text(plan, vocabulary)
    assert "the better half for longer" in " ".join(plan.split())
