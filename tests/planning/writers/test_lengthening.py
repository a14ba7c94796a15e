"""Few rows: twice as many passes, as long as that gains."""

from __future__ import annotations

import ast

import pytest

from polytask._catalogue import parse as parse_recipe
from polytask.planning.budget import parse
from polytask.planning.checks import check_text
from polytask.planning.writers import lengthening
from polytask.planning.writers.at_once import with_workers
from polytask.planning.writers.rules import write

FEW = lengthening.MOST


def passes(recipe):
    return parse_recipe(recipe).arguments.get("epochs", 3) if recipe.startswith("Fine") else 0


def settled_after(most):
    """Dev results that rise with the passes up to `most`."""
    return lambda tasks, recipe: dict.fromkeys(tasks, 0.5 + 0.01 * min(passes(recipe), most))


def longer(operations):
    return [(names, passes(recipe)) for names, recipe in operations.trained() if passes(recipe) > 8]


def pair(task, profile, rows=FEW):
    return profile(task("a", "s", rows=rows), task("b", "s", rows=rows))


@pytest.mark.parametrize(("most", "tried"), [(6, [12]), (12, [12, 24]), (99, [12, 24, 48])])
def test_passes_double_as_long_as_that_gains(play, recorder, task, profile, most, tried):
    operations = recorder(["a", "b"], dev=settled_after(most))
    assert play(pair(task, profile), operations).status == "finished"
    arms = [("a", "b"), ("a",), ("b",)]
    assert longer(operations) == [(arm, number) for number in tried for arm in arms]


def test_a_gain_within_the_tolerance_ends_it(play, recorder, task, profile):
    operations = recorder(["x"], dev=lambda _, recipe: {"x": 0.5 + 0.0005 * passes(recipe)})
    assert play(profile(task("x", rows=FEW)), operations).status == "finished"
    assert longer(operations) == [(("x",), 12)]


def test_one_task_that_gains_is_enough(play, recorder, task, profile):
    def dev(tasks, recipe):
        return {t: 0.5 + (0.01 * passes(recipe) if t == "b" else 0.0) for t in tasks}

    operations = recorder(["a", "b"], dev=dev)
    play(pair(task, profile), operations)
    assert {number for _, number in longer(operations)} == {12, 24, 48}


def test_tasks_with_more_rows_and_images_have_none_of_it(task, profile):
    many = write(pair(task, profile, rows=FEW + 1), budget=parse("5m"))
    assert "def longer" not in many
    images = profile(task("ct", modality="image", language="", rows=100))
    assert "def longer" not in write(images, budget=parse("5m"))


def test_a_group_with_one_large_task_is_left_and_its_small_ones_are_not(
    play, recorder, task, profile
):
    found = profile(task("a", rows=FEW), task("b", rows=9 * FEW))
    operations = recorder(["a", "b"], dev=settled_after(12))
    assert play(found, operations).status == "finished"
    assert not [names for names, _ in longer(operations) if "b" in names]


@pytest.mark.slow
def test_more_time_is_never_worse(play, recorder, task, profile):
    found, last = pair(task, profile), 0.0
    whole = recorder(["a", "b"], dev=settled_after(24))
    play(found, whole, name="whole.sqlite")
    for budget in range(1, len(whole.parts) + 1):
        operations = recorder(["a", "b"], dev=settled_after(24), budget=budget + 0.5)
        play(found, operations, name=f"{budget}.sqlite")
        assert list(operations.parts) == list(whole.parts)[: len(operations.parts)]
        chosen = next((item[1] for item in operations.log if item[0] == "combine"), {})
        total = sum(operations.parts[part][name] for name, part in chosen.items())
        assert total >= last
        last = total


def test_the_plan_says_so_and_passes_the_check(task, profile, vocabulary):
    for found in (pair(task, profile), profile(task("x", rows=FEW))):
        plan = write(found, budget=parse("5m"))
        for text in (plan, with_workers(plan)):
            check_text(text, vocabulary)
        told = " ".join(ast.get_docstring(ast.parse(plan)).split())
        assert f"Tasks with at most {FEW:,} rows get twice as many passes" in told
        assert "Tasks with at most 2,000 rows to learn from; the first round about" in plan
