import ast

import pytest

from polytask._catalogue import parse as parse_recipe
from polytask.evaluation.report.evidence import promised
from polytask.planning.budget import parse
from polytask.planning.checks import check_text
from polytask.planning.writers import promising
from polytask.planning.writers.ladder import SETTINGS
from polytask.planning.writers.rules import write

FIRST = str(parse_recipe(SETTINGS["text"][0].recipe))
LAST = str(parse_recipe(SETTINGS["text"][-1].recipe))
NAMES = ("a", "b", "c", "d")
PULLS = {
    "a": {"b": 0.1, "c": 0.5, "d": -0.2},
    "b": {"a": 0.1, "c": 0.0, "d": -0.3},
    "c": {"a": 0.3, "b": 0.2, "d": 0.0},
    "d": {"a": -0.2, "b": -0.1, "c": 0.9},
}


@pytest.fixture
def four(task, profile):
    return profile(*(task(name) for name in NAMES))


def helped(tasks, recipe):
    """Dev results where company helps a little, `a` and `c` alone with each other a lot."""
    gain = 0.0 if len(tasks) == 1 else 0.08 if set(tasks) == {"a", "c"} else 0.01
    return dict.fromkeys(tasks, 0.5 + gain + 0.05 * recipe.startswith("FineTune"))


def groups(operations):
    """What was trained together, in order."""
    return [names for names, recipe in operations.trained() if len(names) > 1 and recipe == LAST]


def delivered(operations):
    return next(item[1] for item in operations.log if item[0] == "combine")


@pytest.mark.parametrize("text", [promising.FUNCTION, promising.LOOP])
def test_blocks_are_whole_statements_with_lines_of_house_width(text):
    assert ast.parse(text).body
    assert text.endswith("\n")
    assert max(map(len, text.splitlines())) <= 100


def test_the_groups_that_are_promised_most_are_tried_and_measured(play, recorder, four):
    operations = recorder(NAMES, dev=helped)
    operations.pulls = PULLS
    assert play(four, operations).status == "finished"
    assert groups(operations) == [NAMES, ("c", "d"), ("a", "c")]
    means = {pair: sum(promised(PULLS, pair).values()) / 2 for pair in (("c", "d"), ("a", "c"))}
    assert means == {("c", "d"): 0.45, ("a", "c"): 0.4}, "as the report reckons"
    assert "c, d: tried together, since c and d are promised most" in operations.said()
    ((_, tasks, parts),) = [item for item in operations.log if item[0] == "evidence"]
    assert tasks == NAMES
    assert parts[0] == f"a+b+c+d:{LAST}", "whose gradients are read"
    assert {f"a+b+c+d:{FIRST}", f"a:{FIRST}"} <= {*parts}, "and curves of other trainings"
    assert {delivered(operations)[task] for task in "ac"} == {f"a+c:{LAST}"}


def test_a_promise_counts_for_nothing_where_the_run_does_not_keep_it(play, recorder, four):
    def dev(tasks, recipe):
        loss = 0.1 if len(tasks) == 2 else 0.0
        return dict.fromkeys(tasks, 0.5 - loss + 0.05 * recipe.startswith("FineTune"))

    operations = recorder(NAMES, dev=dev)
    operations.pulls = PULLS
    play(four, operations)
    assert len(groups(operations)) == 3
    assert all(part.startswith("a+b+c+d:") for part in delivered(operations).values())


@pytest.mark.parametrize("pulls", [{}, {name: {"a": -0.1, "b": 0.0} for name in NAMES}])
def test_without_a_promise_nothing_more_is_tried(play, recorder, four, pulls):
    operations = recorder(NAMES, dev=helped)
    operations.pulls = pulls
    play(four, operations)
    assert groups(operations) == [NAMES]


@pytest.mark.slow
def test_groups_come_after_what_was_tried_before_and_a_longer_budget_takes_more(
    play, recorder, four
):
    plain = recorder(NAMES, dev=helped)
    play(four, plain, name="plain.sqlite")
    before = plain.trained()
    for extra in (0, 1, 2, 9):
        operations = recorder(NAMES, dev=helped, budget=len(before) + extra)
        operations.pulls = PULLS
        play(four, operations, name=f"{extra}.sqlite")
        done = [handle for handle in operations.parts if "#" not in handle]
        assert len(done) == len(before) + min(extra, promising.LIKELY)
        assert operations.trained()[: len(before)] == before


def test_what_was_tried_is_not_tried_again(play, recorder, task, profile):
    found = profile(task("a", "s"), task("c", "s"), task("b"), task("d"))
    operations = recorder(["a", "c", "b", "d"], dev=helped)
    operations.pulls = PULLS
    play(found, operations)
    assert groups(operations).count(("a", "c")) == 1
    assert len(set(groups(operations))) == len(groups(operations)) == 4


def test_two_tasks_get_the_plan_they_had(task, profile, vocabulary):
    pair = write(profile(task("a"), task("b")), budget=parse("5m"))
    assert "likely" not in pair and "evidence" not in pair
    three = write(profile(task("a"), task("b"), task("c")), budget=parse("5m"))
    check_text(three, vocabulary)
    assert f"the {promising.LIKELY} groups of two or three tasks" in " ".join(three.split())


def test_no_more_tasks_are_ranked_than_the_operation_takes(play, recorder, task, profile):
    names = [f"t{number:02}" for number in range(promising.WIDEST + 2)]
    operations = recorder(names, dev=helped)
    operations.pulls = {one: dict.fromkeys(names, 0.1) for one in names}
    assert play(profile(*map(task, names)), operations).status == "finished"
    ((_, tasks, _),) = [item for item in operations.log if item[0] == "evidence"]
    assert tasks == tuple(names[: promising.WIDEST])
    assert all(len(group) in (2, 3, len(names)) for group in groups(operations))
