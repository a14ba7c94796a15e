"""The planner as a model: used only where it beats the rules on runs that it never saw."""

from __future__ import annotations

import math
import random

import pytest

from polytask.knowledge import Candidate, Facts, Gain, Record
from polytask.workflow.planner_model import FEWEST, advise, errors, held_out, line, rows

RULES = {"text": ["Ladder()", "Quick()"], "image": []}
NEW = "New(epochs=9)"


def facts(kind, rows=1000, data="", language="en"):
    return Facts(kind, "accuracy", "text", language, rows, 2, 20.0, 1, data)


def run(number, better, pair=False, size=0):
    """A run on two tasks; NEW is better by `better` of a kind, the ladder else."""
    data, size = f"data{number}", size or 2 ** (8 + number % 5)
    tasks = tuple(facts(kind, size, data) for kind in ("binary", "multiclass"))
    done = []
    for place, task in enumerate(tasks):
        dev = {"Quick()": 0.5, "Ladder()": 0.7, NEW: 0.7 + better[task.kind]}
        for recipe, value in dev.items():
            seconds = size / 100 * (9 if recipe == NEW else 1)
            done.append(Candidate(recipe, (place,), {place: value}, seconds))
    gains = (Gain("Ladder()", (0, 1), {0: 0.1, 1: -0.1}),) if pair else ()
    return Record(f"{number:08x}", "run", "2026-11-30", "0.1.0", tasks, tuple(done), gains)


def test_it_is_used_where_it_finds_what_the_rules_miss():
    """Of other sizes altogether, so that no run is similar enough to another to propose NEW."""
    runs = [run(n, {"binary": 0.1, "multiclass": -0.2}, size=31**n) for n in range(FEWEST + 2)]
    found = advise(runs, [facts("binary"), facts("multiclass")], RULES)
    assert found.told.startswith(f"used: on {FEWEST + 2} data held out its first recipe lacks 0.0")
    assert "that of the rules 5.0 (difference +5.0, +5.0 to +5.0)" in found.told
    assert sorted(found.recipes["text"]) == sorted(["Ladder()", NEW])


def test_it_is_not_used_where_runs_are_few():
    runs = [run(n, {"binary": 0.1, "multiclass": 0.1}) for n in range(FEWEST - 1)]
    again = [Record(**{**vars(one), "run": f"again{one.run}"}) for one in runs]  # the same data
    found = advise(runs + again, [facts("binary")], RULES)
    assert (
        found.told == f"not used: it needs runs on {FEWEST} different data, here are {FEWEST - 1}"
    )
    assert found.recipes == {}


def test_it_is_not_used_where_chance_decides():
    chosen = random.Random(0)
    runs = [
        run(n, {kind: chosen.choice([-0.1, 0.1]) for kind in ("binary", "multiclass")})
        for n in range(12)
    ]
    found = advise(runs, [facts("binary")], RULES)
    assert found.told.startswith("not used: on 12 data held out")
    assert found.recipes == {}


def test_runs_on_the_same_data_are_held_out_together():
    runs = [run(n % 2, {"binary": 0.1, "multiclass": -0.1}) for n in range(4)]
    assert len(held_out(runs, RULES)) == 2
    assert held_out(runs[::2], RULES) == []  # nothing is left to learn from


def test_runs_that_tried_one_recipe_judge_nothing():
    tasks = (facts("binary"),)
    runs = [
        Record(f"{n}", "run", "", "", tasks, (Candidate("Quick()", (0,), {0: 0.5}, 1.0),))
        for n in range(FEWEST)
    ]
    assert advise(runs, [facts("binary")], RULES).told.startswith("not used: it can be judged on 0")


def test_the_table_holds_each_kind_of_row():
    (one,) = [run(3, {"binary": 0.1, "multiclass": -0.1}, pair=True)]
    table = rows([one])
    assert [row["best"] for row in table if row["best"]] == [NEW, "Ladder()"]
    assert [row["gain"] for row in table if row["gain"] is not None] == [0.1, -0.1]
    slow = next(row for row in table if str(row["facts"]).startswith(NEW))
    assert slow["seconds"] == pytest.approx(math.log(2048 / 100 * 9))
    assert line(one.tasks[0]) in str(slow["facts"])


def test_gain_and_seconds_are_held_against_the_mean():
    runs = [run(n, {"binary": 0.1, "multiclass": -0.1}, pair=True) for n in range(6)]
    found = errors(runs)
    for target in ("gain", "seconds"):
        model, mean, count = found[target]
        assert model < mean
        assert count > 0
