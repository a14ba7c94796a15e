from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from polytask.evaluation.report import Candidate, Control, Estimate, Report, TaskReport
from polytask.planning.interpreter import Outcome
from polytask.workflow import warning
from polytask.workflow.choosing import Choice
from polytask.workflow.folder import RunFolder
from polytask.workflow.trainings import trainings


def test_a_run_that_went_otherwise_than_meant_says_how():
    journal: Any = SimpleNamespace(changed=("versions",))
    failed = Outcome("failed", 3, "plan.py:3: x")
    choice = Choice({"a": "one"}, {}, planned=False)
    assert list(warning.of_run(journal, failed, choice, ["a", "b"])) == [
        "The plan did not finish: plan.py:3: x",
        "This run went on under other library versions than it began with",
        "The task b has no model: nothing could be trained for it",
    ]
    ended = Outcome("finished", 9, "")
    journal.changed = ()
    (said,) = warning.of_run(journal, ended, choice, ["a"])
    assert said.startswith("The plan finished with a model that combine() did not give")
    assert not list(warning.of_run(journal, ended, replace(choice, planned=True), ["a"]))


def test_a_shared_task_without_an_equal_control_is_warned_of():
    joint = Candidate("j", ("a", "b"), "FineTune()", chosen=("a", "b"))
    alone = Candidate("s", ("a",), "FineTune()")
    late = Candidate("l", ("b",), "FineTune()", status="no time")
    (said,) = warning.unequal([joint, alone, late])
    assert said.startswith("b: its control is not tuned as hard")
    assert not list(warning.unequal([joint, alone, Candidate("l", ("b",), "FineTune()")]))


def test_one_seed_behind_a_comparison_is_said_once_for_the_run():
    def task(seeds: int, *, control: int = 1, passes: float | None = 3.0) -> TaskReport:
        held = Control("Probe()", seeds=control, passes=passes if control > 1 else None)
        return TaskReport(
            "binary", "accuracy", gain=Estimate(0.1), control=held, seeds=seeds, passes=passes
        )

    def said(**tasks: TaskReport) -> list[str]:
        return list(warning.one_seed(Report(0, None, tasks)))

    apart = replace(task(1), gain=None)
    assert said(a=task(2), b=task(3, control=3), c=apart, d=task(1, passes=None)) == []
    assert said(a=task(1), b=task(2), c=task(1, control=2)) == [
        "One seed (a, c): the luck of training is not in the intervals"
    ]
    assert said(a=replace(task(2), control=Control("FineTune()", passes=3.0))) != []


def test_folds_say_that_the_rows_that_judge_have_chosen_too():
    fixed, folds = TaskReport("binary", "accuracy"), TaskReport("binary", "accuracy", folds=5)
    (said,) = warning.of_figures(Report(0, None, {"a": folds, "b": fixed, "c": folds}))
    assert said.startswith("Folds (a, c): recipes and sharing were chosen by the same rows")
    assert not list(warning.of_figures(Report(0, None, {"b": fixed})))


def test_what_the_trainings_of_the_model_noted_is_told_once(tmp_path, train_call):
    notes = {"model": ["x: below the floor", "x: below the floor"], "control": ["y"], "left": ["z"]}
    for part, told in notes.items():
        (tmp_path / "parts" / part).mkdir(parents=True)
        text = json.dumps({"notes": told})
        (tmp_path / "parts" / part / "facts.json").write_text(text, encoding="utf-8")
    calls = [train_call(p, {n: 1.0}) for n, p in zip("abc", notes, strict=True)]
    choice = Choice({"a": "model"}, {"a": "control"}, planned=True)
    found = trainings([*calls, calls[0]])
    assert list(warning.of_trainings(RunFolder(tmp_path), found, choice)) == [
        "FineTune() · a: x: below the floor",
        "FineTune() · b: y",
    ]
