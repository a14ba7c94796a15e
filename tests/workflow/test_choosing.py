from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest

from polytask.planning.journal import Call
from polytask.workflow.choosing import Choice, best_parts, choose
from polytask.workflow.trainings import trainings

TASKS: Any = {"a": SimpleNamespace(metric="accuracy"), "b": SimpleNamespace(metric="mae")}


def combine(handle: str, parts: dict, controls: dict, **more: Any) -> Call:
    arguments: Any = {"parts": parts, "controls": controls, **more}
    return Call(0, "combine", arguments, None, "done", handle, 0.0)


def ended(handle: str, state: str = "done") -> Call:
    return Call(0, "finish", {"model": handle}, None, state, None, 0.0)


@pytest.fixture
def calls(train_call):
    return [
        train_call("one", {"a": 0.7}),
        train_call("two", {"a": 0.8, "b": 0.4}),
        train_call("three", {"b": 0.5}),
        train_call("bad", {"a": 1.0}, status="failed"),
        train_call("late", {"b": math.nan}),
    ]


def best(calls):
    return best_parts(trainings(calls), TASKS)


def test_the_best_on_dev_by_the_sign_of_the_metric(calls):
    everything, single = best(calls)
    assert everything == {"a": "two", "b": "two"}  # mae: lower is better
    assert single == {"a": "one", "b": "three"}


def test_an_undefined_metric_loses_to_any_other_but_is_better_than_nothing(calls):
    assert best(calls[4:])[0] == {"b": "late"}
    assert best([calls[4], calls[2]])[0] == {"b": "three"}


def test_what_the_plan_chose_is_delivered_and_completed_by_the_best(calls):
    calls += [combine("model-x", {"a": "one"}, {"a": "one"}), ended("model-x")]
    expected = Choice({"a": "one", "b": "two"}, {"a": "one", "b": "three"}, planned=True)
    assert choose(calls, TASKS) == expected


@pytest.mark.parametrize(
    "end",
    [
        [],
        [ended("model-unknown")],
        [combine("model-x", {"a": "one"}, {}), ended("model-x", "failed")],
    ],
    ids=["no end", "unknown model", "failed end"],
)
def test_without_a_choice_the_best_parts_are_delivered(calls, end):
    expected = Choice({"a": "two", "b": "two"}, {"a": "one", "b": "three"}, planned=False)
    assert choose([*calls, *end], TASKS) == expected


def test_a_repeat_is_never_the_best_and_goes_where_the_plan_named_it(calls, train_call):
    again = train_call("again", {"a": 0.99, "b": 0.01}, repeat=1)
    assert best([*calls, again]) == best(calls)
    named = combine("model-x", {"a": "two"}, {"a": "one"}, repeats={"two": ["again"]})
    found = choose([*calls, again, named, ended("model-x")], TASKS)
    assert found.parts["a"] == "two"
    assert found.repeats == {"two": ["again"]}
    assert choose([*calls, again, named], TASKS).repeats == {}


def test_a_part_that_builds_on_others_is_no_control(train_call):
    started = train_call("started", {"a": 0.9})
    started.arguments["start"] = "two"
    found = best([train_call("one", {"a": 0.7}), started])
    assert found == ({"a": "started"}, {"a": "one"})
