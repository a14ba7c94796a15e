from __future__ import annotations

from polytask._home import home
from polytask.tasks import load
from polytask.workflow.creating import create
from polytask.workflow.settings import Settings
from polytask.workflow.state import State


def test_a_fit_is_told_what_the_user_chose(finished, tmp_path, monkeypatch):
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path))
    settings = Settings(seed=3, threads=1, dtype="float32", encoder="e5", image_encoder="mobilenet")
    told: list[object] = []
    state = State.start({**settings.plain(), "folder": str(finished.path)}, told.append)
    context = state.context(tmp_path / "checkpoint")
    for name in ("seed", "threads", "dtype", "encoder", "image_encoder", "device"):
        assert getattr(context, name) == getattr(settings, name)
    assert context.cache == home() / "features"
    assert context.checkpoint == tmp_path / "checkpoint"
    context.emit({"event": "note"})
    assert told == [{"event": "note"}]


def test_the_task_set_is_read_from_the_run_folder_once(finished):
    settings = {**Settings(threads=1).plain(), "folder": str(finished.path)}
    state = State.start(settings, lambda _: None)
    assert set(state.taskset) == {"topic", "mood"}
    assert state.taskset is state.taskset


def test_a_kind_that_was_recognised_keeps_its_reason(job, tmp_path):
    settings = Settings(threads=1)
    folder = create(job / "data", "5m", tmp_path / "run", settings)
    state = State.start({**settings.plain(), "folder": str(folder.path)}, lambda _: None)
    recognised = load(job / "data")
    assert "stated" not in {recognised[name].reason for name in recognised}
    for name in recognised:
        assert state.taskset[name].reason == recognised[name].reason
