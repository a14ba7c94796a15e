from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from polytask.evaluation import certificate
from polytask.evaluation.decisions import decide
from polytask.evaluation.interval import wilson
from polytask.evaluation.prediction import Decisions
from polytask.tasks.task import Column, Table, Task, TaskSet
from polytask.workflow import assessing
from polytask.workflow.assessing import Arm, assess, joints

COUNT = 60
TEXT = (Column("text"),)
LABELS = [("no", "yes")[i % 2] for i in range(COUNT)]


@pytest.fixture
def taskset():
    split = np.array(["train", "dev", "test"], dtype=object)[np.arange(COUNT) // 20]
    frame = pl.DataFrame(
        {
            "text": [f"row {i}" for i in range(COUNT)],
            "a": LABELS,
            "b": [None if i == 59 else label for i, label in enumerate(LABELS)],
            "x": [float(i) for i in range(COUNT)],
        }
    )
    tasks = {
        name: Task(name, "t", TEXT, name, "binary", "accuracy", ("no", "yes"), "two labels")
        for name in "ab"
    }
    tasks["x"] = Task("x", "t", TEXT, "x", "regression", "mae")
    groups = [i // 2 for i in range(COUNT)]
    table = Table("t", TEXT, frame, (split,), split, group="who", groups=groups)
    return TaskSet(tasks, {"t": table})


def arm(taskset, name: str, part: str, wrong: set[int] = frozenset()) -> Arm:  # type: ignore[assignment]
    """Answers on the test rows, right but for those numbered in `wrong`."""
    task = taskset[name]
    rows = [i for i in range(40, COUNT) if not (name == "b" and i == 59)]
    if task.kind == "regression":
        scores = np.array([float(i) + (10.0 if i in wrong else 0.0) for i in rows])
        return Arm(part, "R()", 1.0, 0.5, decide(task, scores), Decisions())
    yes = [(LABELS[i] == "yes") != (i in wrong) for i in rows]
    scores = np.array([[-2.0, 2.0] if hit else [2.0, -2.0] for hit in yes], dtype=np.float32)
    return Arm(part, "R()", 2.5, 0.75, decide(task, scores), Decisions())


def test_a_task_is_measured_against_control_and_floor(taskset):
    served = {"a": arm(taskset, "a", "one")}
    controls = {"a": arm(taskset, "a", "two", set(range(40, 50)))}
    found = assess(taskset, served, controls, margin=0.01, seed=0)["a"]
    assert (found.status, found.n_train, found.n_dev, found.n_test) == ("ok", 20, 20, 20)
    assert (found.value, found.floor, found.groups) == (1.0, 0.5, 10)
    assert found.control is not None
    assert found.control.value == 0.5
    assert found.gain is not None
    assert found.gain.value == pytest.approx(0.5)
    assert found.gain.low > 0
    assert found.verdict == "better"
    assert (found.part, found.recipe, found.passes, found.dev) == ("one", "R()", 2.5, 0.75)
    assert found.worst == ()


def test_rows_without_a_group_are_their_own(taskset):
    table = replace(taskset.tables["t"], groups=[("", "ann")[i % 2] for i in range(COUNT)])
    loose = TaskSet(taskset.tasks, {"t": table})
    found = assess(loose, {"a": arm(loose, "a", "one")}, {}, margin=0.01, seed=0)["a"]
    assert found.groups == 11
    assert found.low == pytest.approx(wilson(11, 11).low)


def test_the_same_part_on_both_sides_is_apart_and_no_control_is_no_verdict(taskset):
    served = {name: arm(taskset, name, "one") for name in "ab"}
    found = assess(taskset, served, {"a": served["a"]}, margin=0.01, seed=0)
    assert (found["a"].verdict, found["a"].gain) == ("apart", None)
    assert (found["b"].verdict, found["b"].control) == ("", None)


def test_the_worst_mistakes_are_shown_with_their_rows(taskset):
    found = assess(taskset, {"a": arm(taskset, "a", "one", {47})}, {}, margin=0.01, seed=0)["a"]
    (mistake,) = found.worst
    assert (mistake.row, mistake.target, mistake.answer) == (47, "yes", "no")
    assert "row 47" in mistake.input
    found = assess(taskset, {"x": arm(taskset, "x", "one", {50})}, {}, margin=0.01, seed=0)["x"]
    assert found.worst[0].row == 50
    assert found.worst[0].confidence is None
    assert found.higher_is_better is False


def test_a_failed_evaluation_is_a_record(taskset, monkeypatch):
    def broken(task, *_: object, **__: object) -> object:
        if task.name == "a":
            raise ZeroDivisionError("no rows of that class")
        return interval(task, *_, **__)

    interval = assessing.interval
    monkeypatch.setattr(assessing, "interval", broken)
    served = {name: arm(taskset, name, "one") for name in "ab"}
    found = assess(taskset, served, {}, margin=0.01, seed=0)
    assert (found["a"].status, found["b"].status) == ("failed", "ok")
    assert found["a"].reason == "ZeroDivisionError: no rows of that class"


def test_a_comparison_that_fails_is_a_record_and_the_others_are_certified(taskset, monkeypatch):
    def broken(pair, *_: object, **__: object) -> object:
        if pair.task.name == "a":
            raise FloatingPointError("no spread")
        return gain_draws(pair, *_, **__)

    gain_draws = certificate.gain_draws
    monkeypatch.setattr(certificate, "gain_draws", broken)
    served = {name: arm(taskset, name, "one") for name in "ab"}
    controls = {name: arm(taskset, name, "two", set(range(40, 50))) for name in "ab"}
    found = assess(taskset, served, controls, margin=0.01, seed=0)
    assert list(found) == ["a", "b"]
    assert (found["a"].status, found["a"].reason) == ("failed", "FloatingPointError: no spread")
    alone = assess(taskset, {"b": served["b"]}, controls, margin=0.01, seed=0)
    assert found["b"] == alone["b"]  # Holm's procedure is over the tasks that can be compared


def test_all_tasks_right_on_the_rows_they_share(taskset):
    served = {"a": arm(taskset, "a", "one", {40}), "b": arm(taskset, "b", "one", {40, 41})}
    controls = {"a": served["a"]}
    (joint,) = joints(taskset, served, controls, seed=0)
    assert (joint.table, joint.tasks, joint.n_test) == ("t", ("a", "b"), 19)
    assert joint.value == pytest.approx(17 / 19)
    assert joint.low <= joint.value <= joint.high
    assert joint.control is None
    (joint,) = joints(taskset, served, served, seed=0)
    assert joint.control == joint.value
    assert joints(taskset, {"a": served["a"], "x": arm(taskset, "x", "p")}, {}, seed=0) == ()


def test_all_tasks_right_on_every_row_is_not_certain(taskset):
    served = {name: arm(taskset, name, "one") for name in "ab"}
    (joint,) = joints(taskset, served, {}, seed=0)
    assert joint.value == 1.0
    assert joint.low == pytest.approx(wilson(10, 10).low)  # ten groups
    free = TaskSet(taskset.tasks, {"t": replace(taskset.tables["t"], group="", groups=())})
    (joint,) = joints(free, served, {}, seed=0)
    assert (joint.low, joint.high) == (wilson(19, 19).low, 1.0)


def test_rows_of_a_group_are_right_together(taskset):
    wrong = set(range(40, 50))
    served = {name: arm(taskset, name, "one", wrong) for name in "ab"}
    table = taskset.tables["t"]
    wide = replace(table, groups=[i // 5 for i in range(COUNT)])
    (few,) = joints(TaskSet(taskset.tasks, {"t": wide}), served, {}, seed=0)
    (many,) = joints(TaskSet(taskset.tasks, {"t": replace(table, groups=())}), served, {}, seed=0)
    assert few.value == many.value
    assert few.high - few.low > many.high - many.low


def test_value_and_gain_are_over_seeds_and_the_rest_is_of_the_delivered_part(taskset):
    one, other = arm(taskset, "a", "one"), arm(taskset, "a", "again", set(range(40, 50)))
    served = {"a": replace(one, repeats=(other.answers,))}
    control = arm(taskset, "a", "two", {40})
    both = {"a": replace(control, repeats=(control.answers,))}
    found = assess(taskset, served, both, margin=0.01, seed=0)["a"]
    assert (found.seeds, found.control.seeds) == (2, 2)
    assert found.value == pytest.approx(0.75)
    assert found.gain.value == pytest.approx(0.75 - 0.95)
    assert found.metrics["accuracy"] == 1.0
    assert found.worst == ()
    alone = assess(taskset, {"a": one}, {"a": control}, margin=0.01, seed=0)["a"]
    assert (alone.seeds, alone.control.seeds) == (1, 1)
    assert found.gain.high - found.gain.low > alone.gain.high - alone.gain.low  # luck is in it
