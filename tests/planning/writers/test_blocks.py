import ast
from dataclasses import replace
from difflib import ndiff

import pytest

from polytask._catalogue import parse as parse_recipe
from polytask.planning.writers import blocks
from polytask.planning.writers.ladder import SETTINGS

LAST = str(parse_recipe(SETTINGS["text"][-1].recipe))
TEXTS = {name: text for name, text in vars(blocks).items() if name.isupper() and name[0] != "_"}


@pytest.mark.parametrize("name", TEXTS)
def test_blocks_are_whole_statements_with_lines_of_house_width(name):
    assert ast.parse(TEXTS[name]).body
    assert TEXTS[name].endswith("\n")
    assert max(map(len, TEXTS[name].splitlines())) <= 100


@pytest.mark.parametrize(
    ("one", "other", "lines"),
    [
        ("ATTEMPT", "ATTEMPT_ALONE", 2),  # joint parts are kept apart
        ("PLAIN_SCORE", "SCALED_SCORE", 4),
        ("PLAIN_GAINS", "SCALED_GAINS", 4),
        ("FINISH", "FINISH_REPEATED", 2),
    ],
)
def test_variants_differ_in_nothing_else(one, other, lines):
    changed = ndiff(TEXTS[one].splitlines(), TEXTS[other].splitlines())
    assert sum(line[0] in "+-" for line in changed) == lines


def uneven(slots):
    """Dev results where sharing helps `intent` and changes `slots` by so much."""

    def dev(tasks, recipe):
        level = 0.5 + 0.05 * sum(recipe.startswith(word) for word in ("FineTune", LAST[:17]))
        gains = {"intent": 0.02, "slots": slots} if len(tasks) > 1 else {}
        return {task: level + gains.get(task, 0.0) for task in tasks}

    return dev


def cost(tasks, recipe):
    each = 20.0 if recipe.startswith("FineTune") else 1.0
    return each * len(tasks) * (2.0 if recipe == LAST else 1.0)


@pytest.fixture
def snips(task, profile):
    return profile(task("intent", "s"), task("slots", "s", kind="tagging", metric="span_f1"))


def delivered(operations):
    return next(parts for name, parts, _ in (x for x in operations.log if x[0] == "combine"))


def test_a_task_that_sharing_hurts_is_taught_by_its_control_and_shared(play, recorder, snips):
    operations = recorder(["intent", "slots"], dev=uneven(-0.03), distilled=uneven(0.001))
    assert play(snips, operations).status == "finished"
    both, control = ("intent", "slots"), f"slots:{LAST}"
    ((names, recipe, teachers),) = operations.taught()
    assert (names, recipe, teachers) == (both, LAST, {"slots": control})
    assert delivered(operations) == dict.fromkeys(both, f"intent+slots:{LAST}!")
    assert any(line.startswith("slots: shared and distilled, ") for line in operations.said())
    # its repeats have the same teachers
    assert operations.repeats[f"intent+slots:{LAST}!"] == [
        f"intent+slots:{LAST}!#1",
        f"intent+slots:{LAST}!#2",
    ]


def test_a_task_that_distilling_does_not_help_keeps_its_control(play, recorder, snips):
    operations = recorder(["intent", "slots"], dev=uneven(-0.03))
    assert play(snips, operations).status == "finished"
    assert len(operations.taught()) == 1
    assert delivered(operations)["slots"] == f"slots:{LAST}"
    assert not any("distilled" in line for line in operations.said())


def test_what_cannot_be_distilled_is_told(play, recorder, snips):
    dev = uneven(-0.03)
    operations = recorder(["intent", "slots"], dev=dev, distilled=lambda *_: None)
    assert play(snips, operations).status == "finished"
    assert "slots: not distilled, failed: not enough rows" in operations.said()


def test_a_recipe_that_was_asked_for_and_cannot_be_taught_is_passed_over(play, recorder, snips):
    def dev(tasks, recipe):
        probed = recipe == "Probe()" and len(tasks) > 1
        return {"intent": 0.9, "slots": 0.4} if probed else uneven(-0.03)(tasks, recipe)

    operations = recorder(["intent", "slots"], dev=dev)
    assert play(replace(snips, recipes=("Probe()",)), operations).status == "finished"
    assert [recipe for _, recipe, _ in operations.taught()] == [LAST]


def test_the_recipes_that_plans_teach_are_those_that_learn_from_teachers():
    from polytask.learning.recipes import RECIPES

    able = [name for name in RECIPES if RECIPES.load(name).can_distil]
    line = next(line for line in blocks.DISTIL.splitlines() if line.startswith("TAUGHT = "))
    assert sorted(ast.literal_eval(line.split(" = ")[1].split("  #")[0])) == sorted(able)


@pytest.mark.parametrize(("spare", "taught"), [(0, 0), (81, 1)])
def test_teaching_is_tried_where_the_budget_allows(play, recorder, snips, spare, taught):
    # Quick models 3, two settings of 80 and 160; the joint part is trained once more for 80.
    operations = recorder(
        ["intent", "slots"], dev=uneven(-0.03), cost=cost, budget=3 + 80 + 160 + spare + 0.5
    )
    assert play(snips, operations).status == "finished"
    assert len(operations.taught()) == 1  # asked for, and told that there is no time
    assert sum("!" in part for part in operations.parts) == taught


def test_a_task_judged_in_folds_has_no_teacher(play, recorder, task, profile):
    tasks = [task("intent", "s"), task("slots", "t", folds=5, rows=900)]
    operations = recorder(["intent", "slots"], dev=uneven(-0.03))
    assert play(profile(*tasks), operations).status == "finished"
    assert len(operations.trained()) > 6
    assert operations.taught() == []
