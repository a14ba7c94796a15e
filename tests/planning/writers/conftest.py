"""Profiles of invented tasks."""

import pytest

from polytask.planning.budget import parse
from polytask.planning.interpreter import run
from polytask.planning.writers import ladder
from polytask.planning.writers.rules import write
from polytask.tasks.profile import Profile, TaskProfile


def make_task(name, table="", **figures):
    """The profile of one task; `rows` and `classes` are counts."""
    rows, classes = figures.pop("rows", 5000), figures.pop("classes", 5)
    known = {
        "kind": "multiclass",
        "metric": "accuracy",
        "reason": "",
        "modality": "text",
        "columns": ("text",),
        "language": "en",
        "unlabelled": 0,
        "imbalance": 1.0,
        "target_mean": None,
        "target_sd": None,
        "mean_length": 20.0,
        "p95_length": 40.0,
        "max_length": 60,
        "folds": 1,
        "group": "",
        "duplicates": 0,
        "leaks": 0,
        "conflicts": 0,
        "unseen": (),
    }
    counts = {"n_train": rows, "n_dev": rows // 10, "n_test": rows // 5}
    labels = {str(number): 9 for number in range(classes)}
    known |= {"classes": labels} | counts | figures
    return TaskProfile(name=name, table=table or name, **known)


def make_profile(*tasks, helpers=()):
    named = {task.name: task for task in helpers}
    return Profile({task.name: task for task in tasks}, helpers=named)


@pytest.fixture(autouse=True)
def _no_portfolio(monkeypatch):
    """Plans as they are whatever portfolio comes with polytask."""
    none = {"behind": [], "worth": False}
    monkeypatch.setattr(ladder, "shipped", lambda: {"text": none, "image": none})


@pytest.fixture
def task():
    return make_task


@pytest.fixture
def profile():
    return make_profile


@pytest.fixture
def play(tmp_path, vocabulary, journal_of):
    """Writes the plan of a profile and runs it with invented results."""

    def play(found, operations, encoders=("text", "image"), name="journal.sqlite"):
        text = write(found, budget=parse("5m"), encoders=encoders)
        path = tmp_path / "plan.py"
        path.write_text(text)
        with journal_of(text, name) as journal:
            return run(path, operations, journal, vocabulary=vocabulary)

    return play
