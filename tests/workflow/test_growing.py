"""What takes the place of what: decided on dev, and never for the worse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polytask._errors import ConfigError
from polytask.evaluation.report import Candidate
from polytask.tasks.loading import load
from polytask.workflow import growing, refitting
from polytask.workflow.growing import Growth, learn, seconds
from polytask.workflow.result import Result
from polytask.workflow.scoring import Scored, targets
from polytask.workflow.trying import Attempt, Tried

PARTS = ("train", "dev", "dev", "test")


class Answering:
    """A part that gets a share of rows right."""

    parameters = bytes = 1

    def __init__(self, tasks, recipe):
        self.tasks, self.recipe = tasks, recipe


@pytest.fixture
def world(plain):
    """A growth over two old tasks and a new one of 400 dev rows, and a maker of answers."""
    names = ("old", "other", "new")
    rows = [
        {"text": f"row {i}", "split": PARTS[i % 4]}
        | {name: "ab"[i // (4 + n) % 2] for n, name in enumerate(names)}
        for i in range(800)
    ]
    taskset = load(rows, inputs=["text"], targets=list(names))
    said = []
    settings = {"seed": 0, "margin": 0.01}
    state = type("State", (), {"taskset": taskset, "settings": settings, "emit": said.append})()
    result = Result.load(plain)
    kinds = dict.fromkeys(("old", "other"), result.report.tasks["mood"])
    growth = Growth(state, Result(replace(result.report, tasks=kinds), plain))

    def tried(task, share, name):
        truth, positions = targets(taskset, task, "dev")
        labels = taskset[task].labels  # two
        right = np.arange(len(truth)) < share * len(truth)
        scores = np.array([[4.0 * (label == one) for one in labels] for label in truth])
        scores[~right] = scores[~right, ::-1]
        scored = Scored(positions, scores)
        part = Answering([task], name)
        return Tried(part, taskset[task], name, name, float(right.mean()), scored)

    return growth, tried


def test_more_rows_take_over_only_where_the_certificate_on_dev_says_so(world, monkeypatch):
    growth, tried = world
    monkeypatch.setattr(growing, "in_use", lambda _state, _old, task: tried(task, 0.8, "now"))
    monkeypatch.setattr(growing, "_write", lambda _growth: None)
    monkeypatch.setattr(growing, "_follow", lambda _growth: True)
    shares = {"old": 0.9, "other": 0.7}

    def given(_state, _model, task, *, trained):
        assert trained
        return [tried(task, shares[task], "TfidfLinear()")], []

    monkeypatch.setattr(growing, "try_out", given)
    monkeypatch.setattr(Result, "model", None)
    learn(growth, ["old", "other"], None)
    assert list(growth.served) == ["old"]
    first, second = growth.said
    assert first.startswith("old: TfidfLinear() takes over, better than the model in use on dev (+")
    assert second.startswith("other: not taken over by TfidfLinear(), worse than the model in use")


@pytest.mark.parametrize(
    ("shares", "leaving", "told"),
    [
        ((0.9, 0.9, 0.9), ["new", "old", "other"], "answers old, other, new from"),
        ((0.8, 0.8, 0.9), ["new", "old", "other"], "answers old, other, new from"),
        ((0.9, 0.8, 0.5), ["old", "other"], "answers old, other from"),
        ((0.9, 0.6, 0.9), [], "was not taken: old better than"),
        ((0.8, 0.8, 0.7), [], "no task gains by it"),
    ],
)
def test_a_joint_refit_is_taken_where_it_harms_none(world, monkeypatch, shares, leaving, told):
    growth, tried = world
    shares = dict(zip(("old", "other", "new"), shares, strict=True))
    monkeypatch.setattr(growing, "in_use", lambda _state, _old, task: tried(task, 0.8, "now"))
    found = {task: tried(task, share, "FineTune()") for task, share in shares.items()}
    candidate = Candidate("FineTune()", tuple(shares), "FineTune()", dev=shares)
    monkeypatch.setattr(
        refitting, "refit", lambda *_: (found, Attempt(candidate, "FineTune()", 1.0))
    )
    monkeypatch.setattr(refitting, "groups", lambda *_: [(list(shares), "FineTune()")])
    monkeypatch.setattr(Result, "model", None)
    growth.served["new"] = tried("new", 0.75, "Probe()")
    growing._refits(growth, "text", ["new"], 1e9)
    taken = [task for task, one in growth.served.items() if one.recipe == "FineTune()"]
    assert taken == leaving
    assert told in growth.said[-1]
    assert growth.attempts[-1].candidate is candidate


def test_old_data_that_are_gone_are_said_and_nothing_is_refitted(world, monkeypatch):
    growth, _ = world
    monkeypatch.setattr(refitting, "groups", lambda *_: [(["gone", "new"], "FineTune()")])
    monkeypatch.setattr(Result, "model", None)
    growth.old.report.tasks["gone"] = growth.old.report.tasks["old"]
    growing._refits(growth, "text", ["new"], 1e9)
    assert growth.said == [
        "gone + new: not refitted together: the data of 'gone' cannot be read any more"
    ]
    assert not growth.attempts


def test_a_budget_is_a_length_of_time():
    assert seconds(None) == 0.0
    assert seconds("5m") == 290.0
    with pytest.raises(ConfigError, match="5x"):
        seconds("5x")
