"""Runs from files to a report; most without torch, one with a random encoder for the session."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from typing import TYPE_CHECKING

import polars as pl
import psutil
import pytest

import polytask
from polytask._errors import (
    BudgetError,
    ConfigError,
    DataError,
    OutputError,
    PlanError,
    RunError,
)
from polytask.workflow import finishing, running
from polytask.workflow.folder import RunFolder
from polytask.workflow.predicting import usable

if TYPE_CHECKING:
    from pathlib import Path

QUICK = {"budget": "5m", "threads": 1, "dtype": "float32"}


def stripped(path: Path) -> dict:
    report = json.loads((path / "report.json").read_text(encoding="utf-8"))
    del report["timing"]
    return report


def rewritten(job: Path, old: str, new: str, name: str = "plan.py") -> Path:
    """The plan of a job with one piece replaced."""
    text = (job / "plan.py").read_text(encoding="utf-8")
    assert old in text
    (job / name).write_text(text.replace(old, new), encoding="utf-8")
    return job / name


@pytest.fixture
def quick(job, quick_plan) -> Path:
    """A job whose plan trains without torch."""
    (job / "plan.py").write_text(quick_plan, encoding="utf-8")
    return job


@pytest.fixture
def stopped(quick, tmp_path, monkeypatch) -> Path:
    """The folder of a run that was stopped before its final evaluation."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(finishing, "finish", stop)
        with pytest.raises(KeyboardInterrupt):
            polytask.run(quick / "plan.py", out=tmp_path / "run", **QUICK)
    return tmp_path / "run"


@pytest.mark.slow
def test_a_run_ends_in_a_model_a_report_and_predictions(finished):
    report = stripped(finished.path)
    assert set(report["tasks"]) == {"topic", "mood"}
    for task in report["tasks"].values():
        assert task["status"] == "ok"
        assert task["low"] <= task["value"] <= task["high"]
        assert task["n_test"] == 60
        assert task["control"]["value"] is not None
    assert report["tasks"]["mood"]["value"] > 0.9  # the words give it away
    assert report["sentence"].startswith("2 tasks, ")
    told = {event["event"] for event in finished.events}
    assert told >= {"start", "call", "training", "epoch", "found", "say", "phase", "done"}
    page = (finished.path / "report.html").read_text(encoding="utf-8")
    assert "<html" in page
    assert "http://" not in page.replace("http://www.w3.org/", "")
    model = finished.result.model
    rows = pl.DataFrame({"text": ["a great song play jazz"]})
    inputs = usable(rows, model.tasks["mood"].inputs, finished.job).inputs
    assert model.predict(inputs, ["mood"])["mood"].labels[0] == "good"


@pytest.mark.slow
def test_the_same_run_anew_gives_the_same_report(finished, tiny_encoder, tmp_path, monkeypatch):
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path / "home"))
    plan, encoder = finished.job / "plan.py", str(tiny_encoder)
    polytask.run(plan, out=tmp_path / "run", encoder=encoder, fresh=True, **QUICK)
    found = stripped(tmp_path / "run")
    assert found["settings"].pop("fresh") == "True"
    assert found == stripped(finished.path)


EDIT = 'TfidfLinear(strength=1.0) if name == "words" else TfidfLinear()'


def trained(events: list) -> list[str]:
    return [event["candidate"] for event in events if event["event"] == "training"]


@pytest.mark.slow
def test_an_edited_end_of_a_plan_trains_only_what_changed(mixed, tmp_path, monkeypatch):
    monkeypatch.setenv("POLYTASK_HOME", str(mixed.path.parent / "home"))
    plan = rewritten(mixed.job, "TfidfLinear()", EDIT, "edited.py")
    events = []
    polytask.run(plan, out=tmp_path / "run", listener=events.append, **QUICK)
    assert trained(events) == ["TfidfLinear(strength=1.0) · words"]


@pytest.mark.slow
def test_a_finished_run_is_read_again(finished):
    events = []
    again = polytask.run(str(finished.path), listener=events.append)
    assert again.report == finished.result.report
    assert events == []


@pytest.mark.slow
def test_a_finished_run_whose_plan_is_edited_goes_on_from_the_edit(mixed, tmp_path, monkeypatch):
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path / "home"))
    shutil.copytree(mixed.path, tmp_path / "run")
    rewritten(tmp_path / "run", "TfidfLinear()", EDIT)
    events = []
    result = polytask.run(tmp_path / "run", listener=events.append)
    assert trained(events) == ["TfidfLinear(strength=1.0) · words"]
    calls = [event for event in events if event["event"] == "call"]
    assert [call["replayed"] for call in calls] == [True] * 5 + [False] * 3
    assert result.report.tasks["words"].recipe == "TfidfLinear(strength=1.0)"
    events.clear()
    assert polytask.run(tmp_path / "run", listener=events.append).report == result.report
    assert events == []  # finished once more


@pytest.mark.slow
def test_weights_that_are_not_here_are_named_at_once_and_in_the_report(mixed, finished):
    told = next(event["text"] for event in mixed.events if event["event"] == "say")
    assert "`polytask weights get text`" in told
    assert told in mixed.result.report.warnings
    assert not any("weights get" in warning for warning in finished.result.report.warnings)


def test_rows_in_memory_are_enough(tmp_path, monkeypatch, make_rows):
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path / "home"))
    result = polytask.run(pl.DataFrame(make_rows(200)), out=tmp_path / "run", **QUICK)
    assert set(result.report.tasks) == {"topic", "mood"}
    assert result.report.source == "memory"
    assert set(polytask.evaluate(result.path, make_rows(20, 1))) == {"topic", "mood"}


@pytest.mark.slow
def test_a_plan_that_fails_still_delivers(quick, tmp_path):
    plan = rewritten(quick, "finish(", "1 / 0\nfinish(")
    result = polytask.run(plan, out=tmp_path / "run", **QUICK)
    assert any("ZeroDivisionError" in warning for warning in result.report.warnings)
    assert result.report.tasks["mood"].status == "ok"


@pytest.mark.slow
def test_changed_data_are_refused_on_resume(stopped, quick):
    data = quick / "data" / "train.jsonl"
    data.write_text(data.read_text(encoding="utf-8").replace("jazz", "blues"), encoding="utf-8")
    with pytest.raises(DataError, match=r"data of this run have changed.*another --out"):
        polytask.run(stopped)


@pytest.mark.slow
def test_an_edited_task_file_is_refused_on_resume(stopped):
    tasks = RunFolder(stopped).task_file
    text = tasks.read_text(encoding="utf-8")
    before, macro, after = text.rpartition("metric: accuracy")
    assert macro
    tasks.write_text(f"{before}metric: mcc{after}", encoding="utf-8")
    with pytest.raises(DataError, match=r"tasks of this run have changed.*\(mood\).*another --out"):
        polytask.run(stopped)


@pytest.mark.slow
def test_a_larger_budget_tries_again_what_did_not_fit(quick, tmp_path):
    late = "if seconds_left() < 60:\n    raise ValueError('too late')\nparts = {"
    rewritten(quick, "import TfidfLinear", "import TfidfLinear, seconds_left")
    plan, out = rewritten(quick, "parts = {", late), tmp_path / "run"
    with pytest.raises(RunError, match="too late"):
        polytask.run(plan, out=out, **QUICK | {"budget": "15s"})
    assert RunFolder(out).settings()["state"] == "failed"
    with pytest.raises(RunError, match="too late"):
        polytask.run(out)
    with pytest.raises(ConfigError, match="`seed` stays"):
        polytask.run(out, seed=3)
    result = polytask.run(out, budget="5m", threads=1)
    assert result.report.tasks["mood"].status == "ok"
    assert result.report.budget_seconds == 300.0
    assert RunFolder(out).settings()["state"] == "finished"


@pytest.mark.slow
def test_what_a_finished_run_has_lost_is_made_again(mixed, tmp_path, monkeypatch):
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path / "home"))
    run = shutil.copytree(mixed.path, tmp_path / "run")
    for name in ("model", "parts"):
        shutil.rmtree(run / name)
    (run / "report.json").write_text('{"format": 1', encoding="utf-8")
    events = []
    result = polytask.run(run, listener=events.append)
    assert len(trained(events)) == 5
    assert result.report.tasks == mixed.result.report.tasks
    assert set(result.model.tasks) == set(mixed.result.model.tasks)


@pytest.mark.slow
def test_a_run_folder_may_be_moved_and_resumed_from_elsewhere(stopped, tmp_path, monkeypatch):
    before = RunFolder(stopped).settings()["place"]
    (tmp_path / "far" / "away").mkdir(parents=True)
    moved = stopped.rename(tmp_path / "far" / "away" / "run")
    monkeypatch.chdir(moved.parent)
    with RunFolder(moved).locked(), pytest.raises(OutputError, match="in use by another"):
        polytask.run("run")
    events = []
    result = polytask.run("run", listener=events.append)
    assert [e for e in events if e["event"] == "training"] == []  # all was trained before
    assert result.report.tasks["mood"].status == "ok"
    assert RunFolder(moved).settings()["place"] == str(moved.resolve()) != before


@pytest.mark.slow
def test_other_versions_are_marked_and_used_time_counts_on(stopped, monkeypatch):
    monkeypatch.setattr(running, "versions", lambda: {"torch": "0.1"})
    first = time.monotonic()
    result = polytask.run(stopped)
    assert any("other library versions" in warning for warning in result.report.warnings)
    assert result.report.timing.total > time.monotonic() - first + 0.5  # the first session too


def hang(event) -> None:
    """Stop the worker in the midst of its second training."""
    if event["event"] == "training" and event["candidate"].endswith("mood"):
        for child in psutil.Process().children():
            if "polytask.workflow.worker" in child.cmdline():
                os.kill(child.pid, signal.SIGSTOP)


ENDLESS = {
    "operations": ("finish(", "while True:\n    seconds_left()\nfinish(", None),
    "computing": ("finish(", "while True:\n    pass\nfinish(", None),
    "worker": ("finish(", "finish(", hang),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(ENDLESS))
def test_the_budget_holds_whatever_never_ends(quick, tmp_path, kind):
    old, new, listener = ENDLESS[kind]
    plan = rewritten(quick, old, new)
    rewritten(quick, "import TfidfLinear", "import TfidfLinear, seconds_left")
    began = time.monotonic()
    options = {**QUICK, "budget": "40s"} | ({"listener": listener} if listener else {})
    result = polytask.run(plan, out=tmp_path / "run", **options)
    assert time.monotonic() - began < 40.0 + 10.0  # the larger of 5 % and 10 s
    assert result.report.tasks["topic"].status == "ok"
    warned = " ".join(result.report.warnings)
    wanted = {"operations": "went on after", "computing": "computed too long", "worker": "mood"}
    assert wanted[kind] in warned
    assert not list((result.path / "parts").glob("*.tmp"))


def test_out_is_never_overwritten(job, tmp_path):
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(OutputError, match="not an empty folder"):
        polytask.run(job / "plan.py", out=full, **QUICK)
    assert [path.name for path in full.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"budget": "1s"}, BudgetError, "smallest budget"),
        ({"budget": "soon"}, ConfigError, "5m"),
        ({"margin": 3.0}, ConfigError, "below 0.5"),
        ({"prefer": "small"}, ConfigError, "says itself which parts answer; found `prefer`"),
        ({"max_latency": "20ms"}, ConfigError, "give it to `polytask plan`"),
        ({"thread": 1}, ConfigError, "did you mean 'threads'"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_made(job, tmp_path, options, error, message):
    with pytest.raises(error, match=message):
        polytask.run(job / "plan.py", out=tmp_path / "run", **{"budget": "5m", **options})
    assert not (tmp_path / "run").exists()


def test_a_plan_with_a_wrong_recipe_is_refused_with_its_line(job, tmp_path):
    plan = (job / "plan.py").read_text(encoding="utf-8")
    (job / "plan.py").write_text(plan.replace("epochs=2", "epoch=2"), encoding="utf-8")
    with pytest.raises(PlanError, match=r"plan\.py:15:.*epochs"):
        polytask.run(job / "plan.py", out=tmp_path / "run", **QUICK)
