"""What earlier runs have trained is found, costs no time, and is not asked of a fresh run."""

from __future__ import annotations

import shutil

from polytask.workflow.operations.estimate import estimate
from polytask.workflow.operations.memory import recall, remembered
from polytask.workflow.operations.train import train

RECIPE = "TfidfLinear()"


def test_what_another_run_has_trained_takes_no_time(make_state):
    first, second, fresh = make_state("a"), make_state("b"), make_state("c", fresh=True)
    assert estimate(second, ["topic"], RECIPE) > 0.0
    part = train(first, ["topic"], RECIPE)["part"]
    assert estimate(second, ["topic"], RECIPE) == 0.0
    assert estimate(second, ["mood"], RECIPE) > 0.0
    assert estimate(fresh, ["topic"], RECIPE) > 0.0
    assert remembered(second, part) == first.folder.parts.resolve() / part


def test_a_part_that_is_gone_is_not_remembered(make_state):
    first, second = make_state("a"), make_state("b")
    part = train(first, ["topic"], RECIPE)["part"]
    shutil.rmtree(first.folder.parts / part)
    assert remembered(second, part) is None
    assert not recall(second, part, second.folder.parts / part)
    assert estimate(second, ["topic"], RECIPE) > 0.0
