"""The lists of settings in a plan, and the single pass for what they have no room for."""

from __future__ import annotations

import pytest

from polytask._catalogue import parse as parse_recipe
from polytask.planning.budget import parse
from polytask.planning.writers.ladder import SETTINGS, SHORT, usual
from polytask.planning.writers.rules import write

ONE_PASS = str(parse_recipe(SHORT["text"][0].recipe))


def in_passes(tasks, recipe):
    passes = parse_recipe(recipe).arguments.get("epochs", 3)
    return 10.0 * len(tasks) * passes if recipe.startswith("FineTune") else 1.0


@pytest.fixture
def snips(task, profile):
    return profile(task("intent", "s"), task("slots", "s", kind="tagging", metric="span_f1"))


@pytest.mark.parametrize(
    ("budget", "short"),
    [
        (3 + 15, ["intent"]),
        (3 + 25, ["intent+slots"]),
        (3 + 45, ["slots"]),  # three passes fit for the other
        (3 + 65, []),
        (1e6, []),
    ],
)
def test_what_no_setting_has_room_for_gets_a_single_pass(play, recorder, snips, budget, short):
    operations = recorder(["intent", "slots"], cost=in_passes, budget=budget)
    assert play(snips, operations).status == "finished"
    done = [part.removesuffix(f":{ONE_PASS}") for part in operations.parts if ONE_PASS in part]
    assert done == short


def test_a_task_alone_gets_a_single_pass_too(play, recorder, task, profile):
    operations = recorder(["x"], cost=in_passes, budget=2 + 15)
    assert play(profile(task("x")), operations).status == "finished"
    assert (("x",), ONE_PASS) in operations.trained()


def test_the_plan_says_so_where_there_is_one(snips, task, profile):
    told = " ".join(write(snips, budget=parse("5m")).split())
    assert "Tasks that none of the settings has room for get a single pass." in told
    images = write(profile(task("ct", modality="image", language="")), budget=parse("5m"))
    assert "single pass" not in images  # the first setting of images is cheap
    assert "passed_over" not in images


def test_it_is_no_new_idea_of_an_earlier_run():
    assert {SHORT["text"][0].recipe, SETTINGS["text"][0].recipe} <= set(usual("text"))
