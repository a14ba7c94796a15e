from __future__ import annotations

from types import SimpleNamespace

import pytest

from polytask.planning.budget import Budget, Clock, OutOfTime
from polytask.workflow.remote import WorkerStopped
from polytask.workflow.suggesting import MOST, suggest


class Worker:
    def __init__(self, answer):
        self.answer = answer
        self.asked = {}

    def call(self, operation, _, **arguments):
        self.asked = {"operation": operation, **arguments}
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def host(answer):
    return SimpleNamespace(worker=Worker(answer), clock=Clock(Budget(100.0, 20.0), lambda: 0.0))


def test_the_worker_is_asked_with_what_the_plan_said():
    made = host(["FineTune()"])
    assert suggest(made, "mood", "gp", {"Probe()": 0.5}, count=2, epochs=3) == ["FineTune()"]
    assert made.worker.asked == {
        "operation": "suggest",
        "task": "mood",
        "sampler": "gp",
        "tried": {"Probe()": 0.5},
        "count": 2,
        "epochs": 3,
    }


@pytest.mark.parametrize(
    ("sampler", "tried", "count", "epochs", "message"),
    [
        ("tpee", {}, 1, 0, r"unknown sampler 'tpee': did you mean 'tpe'\?"),
        ("tpe", {}, 0, 0, f"`count` of suggest.. is from 1 to {MOST}; found 0"),
        ("tpe", {}, MOST + 1, 0, "found 1001"),
        ("tpe", {}, 1, -1, "`epochs` of suggest.. is 0 or more; found -1"),
        ("tpe", {"Probe()": float("nan")}, 1, 0, r"finite scores; Probe\(\) has nan"),
    ],
)
def test_mistakes_of_a_plan_are_told_to_it(sampler, tried, count, epochs, message):
    made = host([])
    with pytest.raises(ValueError, match=message):
        suggest(made, "mood", sampler, tried, count=count, epochs=epochs)
    assert not made.worker.asked


def test_a_sampler_that_is_stopped_ends_the_time():
    with pytest.raises(OutOfTime, match="a sampler took longer"):
        suggest(host(WorkerStopped("suggest")), "mood", "gp", {}, count=1, epochs=0)
