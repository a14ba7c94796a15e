import json

import pytest

from polytask.knowledge import Candidate, Gain, Record


def test_a_record_comes_back_as_it_was(record, facts):
    joint = Candidate("FineTune()", (0, 1), {0: 0.5, 1: -0.1}, 3.2)
    gain = Gain("FineTune()", (0, 1), {0: 0.02})
    one = record("0a", {"Probe()": [0.4, 0.3]}, facts(), facts(kind="tagging", data="ff"))
    one = Record(**{**vars(one), "candidates": (*one.candidates, joint), "gains": (gain,)})
    assert Record.from_json(json.loads(json.dumps(one.to_json()))) == one


def test_what_a_later_version_adds_is_left_aside(record):
    data = {**record("0a", {"Probe()": [0.4]}).to_json(), "later": 1}
    data["tasks"] = [{**task, "later": 2} for task in data["tasks"]]
    assert Record.from_json(data).run == "0a"


@pytest.mark.parametrize("data", [None, [], {}, {"run": "a"}, "text", {"tasks": 3}])
def test_what_is_no_record_is_refused(data):
    with pytest.raises(ValueError, match="no record"):
        Record.from_json(data)


def test_the_best_recipe_is_the_quickest_among_equals(record):
    one = record("0a", {"A()": [0.5], "B()": [0.5], "C()": [0.4]}, seconds={"A()": 9.0})
    assert one.best(0) == "B()"
    assert one.best(1) == ""


def test_scores_are_apart_by_company(record):
    one = record("0a", {"A()": [0.5, 0.6]})
    joint = Candidate("A()", (0, 1), {0: 0.7, 1: 0.8}, 1.0)
    one = Record(**{**vars(one), "candidates": (*one.candidates, joint)})
    assert one.scores(0) == {(0,): {"A()": 0.5}, (0, 1): {"A()": 0.7}}


BROKEN = {
    "rows in words": lambda data: data["tasks"][0].update(rows="many"),
    "no rows": lambda data: data["tasks"][0].update(rows=None),
    "rows that are no number": lambda data: data["tasks"][0].update(rows=float("nan")),
    "a list for a kind": lambda data: data["tasks"][0].update(kind=[1]),
    "a number for a run": lambda data: data.update(run=5),
    "half a character": lambda data: data.update(name="\ud800"),
    "a task without end": lambda data: data["candidates"][0].update(tasks=[float("inf")]),
    "a task that is not there": lambda data: data["candidates"][0].update(tasks=[7]),
    "a result of one": lambda data: data["candidates"][0].update(dev={"7": 0.5}),
    "a gain of one": lambda data: data.update(
        gains=[{"recipe": "A()", "tasks": [0, 9], "gains": {}}]
    ),
    "seconds without end": lambda data: data["candidates"][0].update(seconds=float("inf")),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_record_of_other_values_is_none(record, broken):
    data = json.loads(json.dumps(record("0a", {"A()": [0.5]}).to_json()))
    broken(data)
    with pytest.raises(ValueError, match="no record of a run"):
        Record.from_json(data)


def test_results_that_are_no_numbers_are_left_aside(record):
    data = record("0a", {"A()": [0.5]}).to_json()
    data["candidates"][0]["dev"] = {"0": float("nan")}
    assert Record.from_json(data).best(0) == ""
