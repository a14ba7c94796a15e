"""What is trained again together, by which recipe, and only in the time there is."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from polytask.tasks.loading import load
from polytask.tasks.task import Column, Task
from polytask.workflow import scoring
from polytask.workflow.folder import RunFolder
from polytask.workflow.refitting import USUAL, groups, refit
from polytask.workflow.settings import Settings
from polytask.workflow.state import State


@dataclass
class Part:
    recipe: str
    passes: dict[str, float] = field(default_factory=dict)


@dataclass
class Model:
    tasks: dict[str, Task]
    parts: dict[str, Part]
    routing: dict[str, str]


def task(name, modality="text"):
    return Task(name, "t", (Column("x", modality),), name, "binary", "accuracy", ("a", "b"))


@pytest.fixture
def model():
    tasks = {name: task(name) for name in ("a", "b", "c")} | {"photo": task("photo", "image")}
    parts = {"joint": Part("FineTune(epochs=2)", {"a": 2.0, "b": 2.0}), "own": Part("Probe()")}
    return Model(tasks, parts, {"a": "joint", "b": "joint", "c": "own", "photo": "own"})


def test_a_new_task_joins_each_trained_part_and_an_old_one_its_own(model):
    assert groups(model, "text", ["new"]) == [(["a", "b", "new"], "FineTune(epochs=2)")]
    assert groups(model, "text", ["b"]) == [(["a", "b"], "FineTune(epochs=2)")]


def test_where_nothing_was_trained_all_of_one_modality_are_trained_by_the_usual_recipe(model):
    assert groups(model, "text", ["c"]) == [(["a", "b", "c"], USUAL)]
    assert groups(model, "image", ["x-ray"]) == [(["photo", "x-ray"], USUAL)]


@pytest.fixture
def state(job, tmp_path):
    folder = RunFolder(tmp_path / "new")
    folder.parts.mkdir(parents=True)
    text = (job / "tasks.yaml").read_text(encoding="utf-8").replace("data/", f"{job}/data/")
    folder.task_file.write_text(text, encoding="utf-8")
    state = State(folder, Settings(threads=1, dtype="float32").plain(), lambda _event: None)
    state.taskset = load(folder.task_file)
    return state


@pytest.mark.slow
def test_a_refit_answers_each_task_from_one_part(state):
    found, attempt = refit(state, ["topic", "mood"], "TfidfLinear()", 300.0)
    one, other = found["topic"], found["mood"]
    assert one.part is other.part
    assert one.handle == attempt.handle
    assert attempt.candidate.dev == {"topic": one.dev, "mood": other.dev}
    assert one.on_test is None  # there are no folds: the test rows are not opened here
    dev = scoring.score_rows(one.part, state.taskset.fold(["mood"]).dev, ["mood"])["mood"]
    assert np.array_equal(dev.scores, other.on_dev.scores)


def test_a_refit_without_time_or_that_fails_is_told(state):
    found, attempt = refit(state, ["topic"], "TfidfLinear()", 0.0)
    assert found == {}
    assert attempt.candidate.status == "no time"
    assert attempt.candidate.reason == "the time is used up"
    found, attempt = refit(state, ["topic"], "TfidfLinear(none=1)", 300.0)
    assert found == {}
    assert attempt.candidate.status == "failed"
    assert "none" in attempt.candidate.reason
