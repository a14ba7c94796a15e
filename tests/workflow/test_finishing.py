from __future__ import annotations

import json
import math
import shlex
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from polytask._errors import RunError
from polytask.evaluation.report import Control, Estimate, Report, TaskReport
from polytask.evaluation.report.storing import read
from polytask.planning.budget import Budget, Clock
from polytask.planning.interpreter import Outcome
from polytask.planning.journal import Call, Journal
from polytask.workflow import finishing
from polytask.workflow.folder import RunFolder
from polytask.workflow.remote import WorkerStopped

TASKS = {"a": SimpleNamespace(metric="accuracy"), "b": SimpleNamespace(metric="mae")}


class Tasks(dict):
    findings = ()


def train(seq: int, part: str, dev: dict[str, float], status: str = "done") -> Call:
    output: Any = {"status": status, "part": part, "tasks": list(dev), "dev": dev, "reason": "no"}
    return Call(seq, "train", {}, None, "done", output, 1.0)


def combine(seq: int, handle: str, parts: dict, controls: dict, **more: Any) -> Call:
    arguments: Any = {"parts": parts, "controls": controls, **more}
    return Call(seq, "combine", arguments, None, "done", handle, 0.0)


def ended(seq: int, handle: str, state: str = "done") -> Call:
    return Call(seq, "finish", {"model": handle}, None, state, None, 0.0)


CALLS = [
    train(0, "one", {"a": 0.7}),
    train(1, "two", {"a": 0.8, "b": 0.4}),
    train(2, "three", {"b": 0.5}),
    train(3, "bad", {"a": 1.0}, "failed"),
    train(4, "late", {"b": math.nan}),
]
OPERATIONS: Any = SimpleNamespace(taskset=Tasks(TASKS))


def test_the_best_on_dev_by_the_sign_of_the_metric():
    best, single = finishing.best_parts(CALLS, OPERATIONS)
    assert best == {"a": "two", "b": "two"}  # mae: lower is better
    assert single == {"a": "one", "b": "three"}


def test_an_undefined_metric_loses_to_any_other_but_is_better_than_nothing():
    assert finishing.best_parts(CALLS[4:], OPERATIONS)[0] == {"b": "late"}
    found, _ = finishing.best_parts([CALLS[4], CALLS[2]], OPERATIONS)
    assert found == {"b": "three"}


def test_what_the_plan_chose_is_delivered_and_completed_by_the_best():
    calls = [*CALLS, combine(5, "model-x", {"a": "one"}, {"a": "one"}), ended(6, "model-x")]
    found = finishing.choose(calls, OPERATIONS)
    assert found == finishing.Choice(
        {"a": "one", "b": "two"}, {"a": "one", "b": "three"}, planned=True
    )


@pytest.mark.parametrize(
    "calls",
    [
        CALLS,
        [*CALLS, ended(5, "model-unknown")],
        [*CALLS, combine(5, "model-x", {"a": "one"}, {}), ended(6, "model-x", "failed")],
    ],
    ids=["no end", "unknown model", "failed end"],
)
def test_without_a_choice_the_best_parts_are_delivered(calls):
    found = finishing.choose(calls, OPERATIONS)
    assert found == finishing.Choice(
        {"a": "two", "b": "two"}, {"a": "one", "b": "three"}, planned=False
    )


@pytest.fixture
def journal(tmp_path):
    with Journal.open(
        tmp_path / "journal.sqlite", meta={"plan": "p", "versions": {"x": 1}}
    ) as made:
        yield made


def host(used: float, answer: Exception, deadlines: list[float]) -> Any:
    def call(_: str, deadline: float, **__: Any) -> Any:
        deadlines.append(deadline - time.monotonic())
        raise answer

    clock = Clock(Budget(100.0, 20.0), lambda: used)
    return SimpleNamespace(taskset=Tasks(TASKS), worker=SimpleNamespace(call=call), clock=clock)


def test_a_final_evaluation_that_hangs_is_killed_within_the_tolerance(tmp_path, journal):
    folder, deadlines = RunFolder(tmp_path), []
    choice = finishing.Choice({"a": "one"}, {}, planned=True)
    for used in (85.0, 130.0):  # the second time its budget is long used up
        operations = host(used, WorkerStopped("deliver"), deadlines)
        with pytest.raises(RunError, match=r"took longer .* `polytask run .*` measures it"):
            finishing._measured(folder, journal, operations, choice)
    assert deadlines[0] == pytest.approx(15.0 + 10.0 - 2.0, abs=1.0)
    assert deadlines[1] == pytest.approx(2 * (10.0 + 10.0 - 2.0), abs=1.0)


def test_nothing_trained_is_an_error_with_the_reasons(tmp_path, journal):
    journal.call("train", {}, lambda: {"status": "failed", "reason": "no weights"})
    with pytest.raises(RunError, match=r"Nothing could be trained: plan.py:3: x; no weights"):
        finishing.finish(
            RunFolder(tmp_path), journal, OPERATIONS, Outcome("failed", 3, "plan.py:3: x"), [3], {}
        )


def test_what_stopped_trainings_left_is_taken_away(tmp_path):
    for name in ("part", "x.tmp", "y.checkpoint"):
        (tmp_path / "parts" / name).mkdir(parents=True)
    finishing._tidy(RunFolder(tmp_path))
    assert [path.name for path in (tmp_path / "parts").iterdir()] == ["part"]


def test_the_command_reproduces_the_run(finished):
    run_json = json.loads((finished.path / "run.json").read_text(encoding="utf-8"))
    words = shlex.split(finished.result.report.command)
    assert words[:3] == ["polytask", "run", str(finished.job / "plan.py")]
    for option in ("--seed 0", "--budget 300s", "--threads 1", "--dtype float32"):
        assert option in " ".join(words)
    run_json["settings"] |= {"targets": ["my label"], "kinds": {"my label": "ordinal"}}
    words = shlex.split(finishing._command(run_json))
    assert words[words.index("--target") + 1] == "my label"
    assert words[words.index("--kind") + 1] == "my label=ordinal"


def test_the_report_tells_what_was_tried_where_and_how_long(finished):
    report = read(finished.path / "report.json")
    plan = (finished.path / "plan.py").read_text(encoding="utf-8").splitlines()
    assert [one.repeat for one in report.candidates] == [0] * 7 + [1]
    assert report.tasks["topic"].control.seeds == report.repeats == 2
    for candidate in report.candidates:
        assert candidate.status == "done"
        assert "train(" in plan[candidate.line - 1]
    joint = next(c for c in report.candidates if len(c.tasks) == 2)
    curve = next(c for c in report.curves if c.candidate == joint.name)
    assert [epoch.epoch for epoch in curve.epochs] == [1, 2]
    assert set(curve.epochs[0].loss) == {"topic", "mood"}
    assert report.timing.total > sum(report.timing.candidates.values()) > 0
    assert not list((finished.path / "parts").glob("*.*"))


def test_a_shared_task_without_an_equal_control_is_warned_of():
    from polytask.evaluation.report import Candidate
    from polytask.workflow.finishing import _unequal

    joint = Candidate("j", ("a", "b"), "FineTune()", chosen=("a", "b"))
    alone = Candidate("s", ("a",), "FineTune()")
    late = Candidate("l", ("b",), "FineTune()", status="no time")
    (said,) = _unequal([joint, alone, late])
    assert said.startswith("b: its control is not tuned as hard")
    assert _unequal([joint, alone, Candidate("l", ("b",), "FineTune()")]) == []


def test_a_repeat_is_never_the_best_and_goes_where_the_plan_named_it():
    again = train(5, "again", {"a": 0.99, "b": 0.01})._replace(arguments={"repeat": 1})
    assert finishing.best_parts([*CALLS, again], OPERATIONS) == finishing.best_parts(
        CALLS, OPERATIONS
    )
    named = combine(6, "model-x", {"a": "two"}, {"a": "one"}, repeats={"two": ["again"]})
    found = finishing.choose([*CALLS, again, named, ended(7, "model-x")], OPERATIONS)
    assert found.parts["a"] == "two"
    assert found.repeats == {"two": ["again"]}
    assert finishing.choose([*CALLS, again, named], OPERATIONS).repeats == {}


def test_a_repeat_stands_apart_among_what_was_tried(tmp_path):
    first = CALLS[1]._replace(output={**CALLS[1].output, "recipe": "FineTune()"})
    again = first._replace(arguments={"repeat": 1}, output={**first.output, "part": "again"})
    choice = finishing.Choice({"a": "two"}, {}, planned=True, repeats={"two": ["again"]})
    one, other = finishing._candidates(RunFolder(tmp_path), [first, again], choice, [3, 4])
    assert (one.name, one.repeat, one.chosen) == ("FineTune() · a + b", 0, ("a",))
    assert (other.name, other.repeat) == ("FineTune() · a + b, repeat 1", 1)
    assert other.chosen == other.control == ()
    assert finishing._found(again).startswith("FineTune(), repeat 1: a 80.0")


def test_one_seed_behind_a_comparison_is_said_once_for_the_run():
    def task(seeds: int, *, control: int = 1, passes: float | None = 3.0) -> TaskReport:
        held = Control("Probe()", seeds=control, passes=passes if control > 1 else None)
        return TaskReport(
            "binary", "accuracy", gain=Estimate(0.1), control=held, seeds=seeds, passes=passes
        )

    def said(**tasks: TaskReport) -> list[str]:
        return finishing._one_seed(Report(0, None, tasks))

    apart = replace(task(1), gain=None)
    assert said(a=task(2), b=task(3, control=3), c=apart, d=task(1, passes=None)) == []
    assert said(a=task(1), b=task(2), c=task(1, control=2)) == [
        "One seed (a, c): the luck of training is not in the intervals"
    ]
    assert said(a=replace(task(2), control=Control("FineTune()", passes=3.0))) != []
