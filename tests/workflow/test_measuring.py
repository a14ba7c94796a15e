"""The report of a model that has grown."""

from __future__ import annotations

from dataclasses import replace

from polytask.learning.model import Model
from polytask.workflow import trying
from polytask.workflow.adding import add
from polytask.workflow.folder import RunFolder
from polytask.workflow.measuring import measure
from polytask.workflow.result import Result
from polytask.workflow.settings import Settings
from polytask.workflow.state import State
from polytask.workflow.trying import try_out


def test_new_tasks_stand_beside_old_ones_and_nothing_is_claimed_without_controls(
    plain, new_rows, tmp_path, monkeypatch
):
    monkeypatch.setattr(trying, "QUICK", {"text": ("TfidfLinear()",)})
    grown = add(plain, new_rows, out=tmp_path / "grown", targets=["heard"])
    old = Result.load(plain)
    assert {name: grown.report.tasks[name] for name in old.report.tasks} == old.report.tasks
    assert grown.report.tasks["heard"].n_test == 30
    assert grown.report.said[0] == "before"
    assert grown.report.warnings[0] == "kept"
    assert grown.report.timing.latency is None
    model = Model.load(RunFolder(grown.path).model)
    folder = RunFolder(grown.path)
    state = State(folder, Settings(threads=1, dtype="float32").plain(), lambda _event: None)
    state.taskset = replace(
        state.taskset, tasks={"heard": state.taskset["heard"]}
    )  # the file names all three
    tried = {"heard": try_out(state, model, "heard")}
    bare = Result(replace(old.report, controls=None), old.path)
    assert measure(state, bare, model, tried).controls is None
    assert measure(state, old, model, tried).controls.parts[-1].tasks == ("heard",)
