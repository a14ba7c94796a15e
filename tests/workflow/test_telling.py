from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

from polytask.evaluation.report import Estimate
from polytask.planning.budget import parse
from polytask.planning.journal import Call
from polytask.workflow import telling
from polytask.workflow.choosing import Choice
from polytask.workflow.folder import RunFolder
from polytask.workflow.trainings import trainings


@pytest.mark.slow
def test_the_command_reproduces_the_run(finished):
    run_json = json.loads((finished.path / "run.json").read_text(encoding="utf-8"))
    words = shlex.split(finished.result.report.command)
    assert words[:3] == ["polytask", "run", str(finished.job / "plan.py")]
    for option in ("--seed 0", "--budget 300s", "--threads 1", "--dtype float32"):
        assert option in " ".join(words)
    for seconds in (359_996_400.0, 90.5):  # exactly, and as a budget is read
        words = telling.command(run_json | {"budget_seconds": seconds}).split()
        assert parse(words[words.index("--budget") + 1]).seconds == seconds
    run_json["settings"] |= {"targets": ["my label"], "kinds": {"my label": "ordinal"}}
    words = shlex.split(telling.command(run_json))
    assert words[words.index("--target") + 1] == "my label"
    assert words[words.index("--kind") + 1] == "my label=ordinal"


def test_a_repeat_stands_apart_among_what_was_tried(tmp_path, train_call):
    calls = [train_call("two", {"a": 0.8, "b": 0.4}), train_call("again", {"a": 0.7, "b": 0.5}, 1)]
    choice = Choice({"a": "two"}, {}, planned=True, repeats={"two": ["again"]})
    one, other = telling.candidates(RunFolder(tmp_path), trainings(calls, [3, 4]), choice)
    assert (one.name, one.repeat, one.chosen) == ("FineTune() · a + b", 0, ("a",))
    assert (other.name, other.repeat) == ("FineTune() · a + b, repeat 1", 1)
    assert other.chosen == other.control == ()
    found = telling.plan_lines(calls, [3, 4])
    assert [line.found for line in found] == [
        "FineTune(): a 80.0, b 40.0",
        "FineTune(), repeat 1: a 70.0, b 50.0",
    ]


def call(operation: str, output: Any, state: str = "done") -> Call:
    return Call(0, operation, {}, None, state, output, 0.25)


GAIN = {"gain": -0.012, "low": -0.1, "high": 0.1, "verdict": "no worse"}
PULL = {"a": {"b": 0.1}, "b": {"a": -0.2}}
FAILURE = {"error": "ValueError", "message": "unknown task"}


@pytest.mark.parametrize("operation", ["tasks", "train", "compare"])
@pytest.mark.parametrize(
    ("state", "output"), [("failed", FAILURE), ("stopped", "3 s left"), ("started", None)]
)
def test_an_operation_without_an_answer_found_nothing(tmp_path, operation, state, output):
    calls = [call(operation, output, state)]
    assert telling.plan_lines(calls, [3]) == ()
    nothing = Choice({}, {}, planned=False)
    assert telling.candidates(RunFolder(tmp_path), trainings(calls, [3]), nothing) == ()


def test_lines_tell_what_they_found_and_how_long_it_took(train_call):
    late = train_call("", {}, status="no time", reason="too long", tasks=["a"])
    calls = [call("tasks", ["a", "b"]), call("compare", {"a": GAIN}), late, call("say", None)]
    assert [(line.line, line.found) for line in telling.plan_lines(calls, [1, 2, 2, 4])] == [
        (1, "2 tasks"),
        (2, "a -1.2 (no worse)"),
        (2, "FineTune() · a: no time, too long"),
    ]
    assert telling.line_seconds(calls, [1, 2, 2, 4]) == {"1": 0.25, "2": 1.25, "4": 0.25}


def test_a_line_that_trains_several_tells_of_each(train_call):
    outputs = [train_call(part, {part: 0.5}).output for part in "ab"]
    both = call("train_all", outputs)._replace(arguments={"candidates": [{}, {"repeat": 1}]})
    assert [(line.line, line.found) for line in telling.plan_lines([both], [7])] == [
        (7, "FineTune(): a 50.0"),
        (7, "FineTune(), repeat 1: b 50.0"),
    ]


def test_what_moved_is_told_of_trainings_of_several_tasks(tmp_path, train_call):
    folder = RunFolder(tmp_path)
    for part in ("two", "old", "one"):
        (folder.parts / part).mkdir(parents=True)
        facts = (
            {"moved": {"norms": {"a": 1.0}, "layers": [0.5], "affinity": PULL}}
            if part == "two"
            else {}
        )
        (folder.parts / part / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
    compared = call("compare", {"a": GAIN})._replace(arguments={"shared": "two"})
    calls = [
        train_call("two", {"a": 0.8, "b": 0.4}),
        train_call("old", {"a": 0.7, "b": 0.5}, 1),
        train_call("one", {"a": 0.7}, tasks=["a"]),
        compared,
    ]
    (found,) = telling.moved(folder, trainings(calls), calls)
    assert (found.candidate, found.layers) == ("FineTune() · a + b", (0.5,))
    assert found.gains == {"a": Estimate(-0.012, -0.1, 0.1)}
    assert found.norms == {"a": 1.0}
    assert found.affinity == PULL
