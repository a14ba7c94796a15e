"""What is tried for a task that is added, and how dev chooses."""

from __future__ import annotations

import pytest

from polytask._errors import RunError
from polytask.learning.model import Model
from polytask.tasks import write_task_file
from polytask.tasks.loading import load
from polytask.tasks.memory_files import save
from polytask.workflow import trying
from polytask.workflow.folder import RunFolder
from polytask.workflow.settings import Settings
from polytask.workflow.state import State
from polytask.workflow.trying import arm, try_out


@pytest.fixture
def events():
    return []


@pytest.fixture
def state(tmp_path, new_rows, events):
    folder = RunFolder(tmp_path / "new")
    folder.path.mkdir()
    taskset = load(new_rows, targets=["heard"], keep=folder.data)
    save(new_rows, taskset, folder.data)
    write_task_file(taskset, folder.task_file)
    return State(folder, Settings(threads=1, dtype="float32").plain(), events.append)


BROKEN = "TopLayers(layers=1)"


@pytest.fixture
def broken(monkeypatch):
    """A recipe that cannot be fitted, beside one that can."""
    from polytask.learning.recipes.top_layers import TopLayers

    def fail(*_: object) -> None:
        raise RunError("no such thing")

    monkeypatch.setattr(TopLayers, "fit", fail)


@pytest.mark.usefixtures("broken")
def test_a_failure_is_told_and_the_rest_is_tried(plain, state, events, monkeypatch):
    monkeypatch.setattr(trying, "QUICK", {"text": (BROKEN, "TfidfLinear()")})
    found = try_out(state, Model.load(RunFolder(plain).model), "heard")
    assert found.served is found.control
    done, failed = found.candidates
    assert (done.recipe, done.chosen, done.control) == ("TfidfLinear()", ("heard",), ("heard",))
    assert done.dev == {"heard": found.served.dev}
    assert (failed.status, failed.reason) == ("failed", "no such thing")
    told = [event["status"] for event in events if event["event"] == "found"]
    assert told == ["failed", "done"]
    assert list(found.seconds) == [done.name]
    answers = arm(state, found.served)
    assert len(answers.answers.labels) == 30
    assert answers.part == found.served.handle


@pytest.mark.usefixtures("broken")
def test_nothing_that_can_be_fitted_is_an_error(plain, state, monkeypatch):
    monkeypatch.setattr(trying, "QUICK", {"text": (BROKEN,)})
    with pytest.raises(RunError, match="Nothing could be trained for heard: no such thing"):
        try_out(state, Model.load(RunFolder(plain).model), "heard")
