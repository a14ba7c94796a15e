from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

import polytask
from polytask.learning.proposing import PROPOSERS
from polytask.planning.budget import Budget, Clock, OutOfTime
from polytask.planning.journal import Call
from polytask.workflow.folder import RunFolder
from polytask.workflow.proposing import MOST, SHARE, promises, propose
from polytask.workflow.remote import WorkerStopped

PART = "a" * 32
FOUND = [{"tasks": ["b", "a"], "predicted": {"StepAffinity": 0.1}, "place": 0.5, "reason": "1"}]


class Worker:
    def __init__(self, answer):
        self.answer = answer
        self.asked = {}

    def call(self, operation, _, **arguments):
        self.asked = {"operation": operation, **arguments}
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def host(tmp_path):
    folder = tmp_path / "parts" / PART
    folder.mkdir(parents=True)
    (folder / "facts.json").write_text("{}", encoding="utf-8")

    def made(answer, seconds=1000.0) -> Any:
        clock = Clock(Budget(seconds, 20.0), lambda: 0.0)
        return SimpleNamespace(worker=Worker(answer), clock=clock, folder=RunFolder(tmp_path))

    return made


def test_the_worker_is_asked_within_what_is_left(host):
    made = host(FOUND)
    assert propose(made, ["a", "b"], [PART]) == FOUND
    assert made.worker.asked == {
        "operation": "evidence",
        "tasks": ["a", "b"],
        "parts": [PART],
        "seconds": pytest.approx(SHARE * 980.0),
    }


@pytest.mark.parametrize(
    ("tasks", "parts", "message"),
    [
        (["a"], [], f"takes 2 to {MOST} tasks; found 1: ask for some of them"),
        (["a"] * (MOST + 1), [], f"found {MOST + 1}"),
        (["a", "b"], [""], "the handle of a part is empty"),
        (["a", "b"], ["../secret"], "no trained part of this run"),
    ],
)
def test_mistakes_of_a_plan_are_told_to_it(host, tasks, parts, message):
    made = host(FOUND)
    with pytest.raises(ValueError, match=message):
        propose(made, tasks, parts)
    assert not made.worker.asked


def test_a_look_that_is_stopped_ends_the_time(host):
    with pytest.raises(OutOfTime, match="looking for evidence took longer"):
        propose(host(WorkerStopped("evidence")), ["a", "b"], [])


def call(operation, output, state="done"):
    fields = dict.fromkeys(Call._fields)
    return Call(**fields | {"operation": operation, "output": output, "state": state})


def test_promises_are_read_from_the_journal_and_the_latest_counts():
    again = [{**FOUND[0], "predicted": {"ProbeTransfer": 0.7}}]
    calls = [call("evidence", FOUND), call("train", {}), call("evidence", None, "started")]
    assert promises(calls) == {("a", "b"): {"StepAffinity": 0.1}}
    assert promises([*calls, call("evidence", again)]) == {("a", "b"): {"ProbeTransfer": 0.7}}
    assert promises([]) == {}


PLAN = """from polytask.plan import FineTune, combine, compare, evidence, finish, say, tasks, train

t = tasks("tasks.yaml")
recipe = FineTune(epochs=1, batch_size=32)
controls = {name: train([name], recipe)["part"] for name in t}
joint = train(t, recipe)
compare(joint["part"], controls)
for one in [one for one in evidence(t, [joint["part"]]) if len(one["tasks"]) == 2][:2]:
    say(f"{', '.join(one['tasks'])}: {one['reason']}")
    pair = train(one["tasks"], recipe)
    compare(pair["part"], {name: controls[name] for name in one["tasks"]})
finish(combine(controls, controls))
"""


@pytest.mark.slow
def test_a_run_holds_what_was_promised_against_what_came_true(
    job, tmp_path, make_rows, tiny_encoder
):
    lines = [json.dumps(row) for row in make_rows(90, seed=5)]
    (job / "data" / "more.jsonl").write_text("\n".join(lines), encoding="utf-8")
    third = "  theme: {data: data/more.jsonl, input: text, target: topic}\n"
    text = (job / "tasks.yaml").read_text(encoding="utf-8") + third
    (job / "tasks.yaml").write_text(text, encoding="utf-8")
    (job / "plan.py").write_text(PLAN, encoding="utf-8")
    given = {"budget": "10m", "encoder": str(tiny_encoder), "threads": 1}
    result = polytask.run(job / "plan.py", out=tmp_path / "run", **given)
    found = result.report.evidence
    assert len(found.groups) == 3
    ranked = {one.proposer: one for one in found.proposers}
    silent = {"LearningCurves"}  # nothing was trained with another recipe
    assert set(ranked) == {*PROPOSERS, "planner"} - silent
    for one in found.groups:
        assert set(one.predicted) == set(ranked)
        assert set(one.gains) == set(one.tasks)
    assert all(set(one.regret) == {"1"} and one.groups == 3 for one in found.proposers)
    page = (result.path / "report.html").read_text(encoding="utf-8")
    assert "planner, all together" in page
