"""Runs from files to a report, with a random encoder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import polars as pl
import pytest

import polytask
from polytask._errors import BudgetError, ConfigError, DataError, OutputError, PlanError
from polytask.workflow.predicting import usable

if TYPE_CHECKING:
    from pathlib import Path

QUICK = {"budget": "5m", "threads": 1, "dtype": "float32"}


def stripped(path: Path) -> dict:
    report = json.loads((path / "report.json").read_text(encoding="utf-8"))
    del report["timing"]
    return report


def test_a_run_ends_in_a_model_a_report_and_predictions(job, tiny_encoder, tmp_path):
    events = []
    result = polytask.run(
        job / "plan.py",
        out=tmp_path / "run",
        encoder=str(tiny_encoder),
        listener=events.append,
        **QUICK,
    )
    report = stripped(result.path)
    assert set(report["tasks"]) == {"topic", "mood"}
    for task in report["tasks"].values():
        assert task["status"] == "ok"
        assert task["low"] <= task["value"] <= task["high"]
        assert task["n_test"] == 60
        assert task["control"]["value"] is not None
    assert report["tasks"]["mood"]["value"] > 0.9  # the words give it away
    assert report["sentence"].startswith("2 tasks, ")
    assert len(report["candidates"]) == 7
    assert {event["event"] for event in events} >= {
        "start",
        "call",
        "epoch",
        "found",
        "say",
        "done",
    }
    page = (result.path / "report.html").read_text(encoding="utf-8")
    assert "<html" in page
    assert "http://" not in page.replace("http://www.w3.org/", "")
    answers = result.model.predict(
        usable(
            pl.DataFrame({"text": ["a great song play jazz"]}),
            result.model.tasks["mood"].inputs,
            tmp_path,
        ).inputs,
        ["mood"],
    )
    assert answers["mood"].labels[0] == "good"


def test_the_same_run_twice_gives_the_same_report(job, tiny_encoder, tmp_path):
    reports = []
    for name in ("a", "b"):
        out = tmp_path / name
        polytask.run(job / "plan.py", out=out, encoder=str(tiny_encoder), fresh=True, **QUICK)
        reports.append(stripped(out))
    assert reports[0] == reports[1]


def test_an_edited_end_of_a_plan_trains_only_what_changed(job, tiny_encoder, tmp_path):
    settings = {"encoder": str(tiny_encoder), **QUICK}
    polytask.run(job / "plan.py", out=tmp_path / "first", **settings)
    plan = (job / "plan.py").read_text(encoding="utf-8")
    (job / "plan.py").write_text(plan.replace("epochs=2", "epochs=4"), encoding="utf-8")
    events = []
    polytask.run(job / "plan.py", out=tmp_path / "second", listener=events.append, **settings)
    recipes = {e["candidate"] for e in events if e["event"] == "training"}
    assert recipes == {"FineTune(epochs=4, learning_rate=0.001, batch_size=16) · topic + mood"}


def test_a_finished_run_is_read_again(job, tiny_encoder, tmp_path):
    first = polytask.run(job / "plan.py", out=tmp_path / "run", encoder=str(tiny_encoder), **QUICK)
    again = polytask.run(tmp_path / "run")
    assert again.report == first.report


def test_a_plan_that_fails_still_delivers(job, tiny_encoder, tmp_path):
    plan = (job / "plan.py").read_text(encoding="utf-8")
    (job / "plan.py").write_text(plan.replace("joint = ", "1 / 0\njoint = "), encoding="utf-8")
    result = polytask.run(job / "plan.py", out=tmp_path / "run", encoder=str(tiny_encoder), **QUICK)
    assert any("ZeroDivisionError" in warning for warning in result.report.warnings)
    assert result.report.tasks["mood"].status == "ok"


def test_changed_data_are_refused_on_resume(job, tiny_encoder, tmp_path, monkeypatch):
    from polytask.workflow import finishing

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(finishing, "finish", stop)
        with pytest.raises(KeyboardInterrupt):
            polytask.run(job / "plan.py", out=tmp_path / "run", encoder=str(tiny_encoder), **QUICK)
    data = job / "data" / "train.jsonl"
    data.write_text(data.read_text(encoding="utf-8").replace("jazz", "blues"), encoding="utf-8")
    with pytest.raises(DataError, match=r"data of this run has changed.*another --out"):
        polytask.run(tmp_path / "run")


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
        ({"margin": 3.0}, ConfigError, "between 0 and 0.5"),
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
