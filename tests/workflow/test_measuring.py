"""The report of a model that has grown."""

from __future__ import annotations

from dataclasses import replace

from polytask.learning.model import Model
from polytask.workflow import trying
from polytask.workflow.adding import add
from polytask.workflow.folder import RunFolder
from polytask.workflow.growing import Growth
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
    assert grown.report.said == ("before", "heard added from memory")
    assert grown.report.warnings[0] == "kept"
    assert grown.report.timing.latency is None
    folder = RunFolder(grown.path)
    state = State(folder, Settings(threads=1, dtype="float32").plain(), lambda _event: None)
    ((one,), attempts) = try_out(state, Model.load(RunFolder(plain).model), "heard")
    bare = Result(replace(old.report, controls=None), old.path)
    heard = {"heard": one}
    assert measure(Growth(state, bare, heard, {}, heard), "again", 1.0).controls is None
    growth = Growth(state, old, heard, {}, heard, attempts, ["so it is"])
    report = measure(growth, "again", 1.5)
    assert report.controls.parts[-1].tasks == ("heard",)
    assert (report.command, report.said[-1]) == ("again", "so it is")
    assert report.timing.total == (old.report.timing.total or 0.0) + 1.5
    assert (report.candidates[-1].chosen, report.candidates[-1].control) == (("heard",), ("heard",))
    assert measure(Growth(state, old, {}, heard, {}), "again", 1.0).tasks == old.report.tasks
