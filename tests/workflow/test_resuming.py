"""What may change between the sessions of a run, and which answers then hold no longer."""

from __future__ import annotations

import pytest

from polytask._errors import ConfigError
from polytask.planning.budget import OutOfTime
from polytask.planning.journal import Journal
from polytask.workflow.creating import kept
from polytask.workflow.folder import RunFolder, write_json
from polytask.workflow.keys import digest
from polytask.workflow.resuming import (
    budget_of,
    check_options,
    check_planned,
    is_finished,
    renew,
    sources,
)
from polytask.workflow.settings import Settings


@pytest.fixture
def folder(tmp_path):
    """A run folder of five minutes with a plan and a task file."""
    made = RunFolder(tmp_path / "run")
    settings = kept(Settings(threads=2, seed=3, targets=("mood",)))
    with made.created({"state": "started", "budget_seconds": 300.0, "settings": settings}):
        made.plan.write_text("t = 1\n", encoding="utf-8")
        made.task_file.write_text("tasks:\n", encoding="utf-8")
    return made


def test_the_options_of_the_start_may_be_said_again(folder):
    check_options(folder, None, {})
    again = {"seed": 3, "threads": 2, "targets": ["mood"], "dtype": "auto", "encoder": ""}
    check_options(folder, folder.path, again)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": 0}, "`seed` stays .*, 3; found 0: leave it out, or .* another --out"),
        ({"targets": ("topic",)}, r"`targets` stays .*\['mood'\]; found \['topic'\]"),
        ({"fresh": True}, "`fresh` stays"),
        ({"sed": 3}, "did you mean 'seed'"),
        ({"margin": 3.0}, "`margin` lies"),
    ],
)
def test_other_options_are_refused(folder, options, message):
    with pytest.raises(ConfigError, match=message):
        check_options(folder, None, options)


def test_a_model_that_has_grown_is_not_planned_anew(folder):
    check_planned(folder)
    write_json(folder.marker, {**folder.settings(), "grown_from": "/runs/old"})
    with pytest.raises(ConfigError, match=r"made it from /runs/old.*tasks\.yaml --out DIR"):
        check_planned(folder)


def test_another_folder_is_refused(folder, tmp_path):
    with pytest.raises(ConfigError, match=r"goes on in its own folder.*found `out` .*other'"):
        check_options(folder, tmp_path / "other", {})


def test_a_budget_may_only_grow():
    assert budget_of({"budget_seconds": 300.0}, None) == 300.0
    assert budget_of({"budget_seconds": 300.0}, "5m") == 300.0
    assert budget_of({"budget_seconds": 300.0}, "10m") == 600.0
    with pytest.raises(ConfigError, match=r"may only grow; it is 5m.*found 1m"):
        budget_of({"budget_seconds": 300.0}, "1m")


@pytest.mark.slow
@pytest.mark.parametrize("lost", ["nothing", "model", "report.json", "half a report", "an edit"])
def test_a_run_is_finished_while_all_is_there_as_it_was(finished, folder, lost):
    report = (finished.path / "report.json").read_text(encoding="utf-8")
    folder.report.write_text(report, encoding="utf-8")
    folder.model.mkdir()
    run_json = {"state": "finished", **sources(folder)}
    if lost == "model":
        folder.model.rmdir()
    elif lost == "report.json":
        folder.report.unlink()
    elif lost == "half a report":
        folder.report.write_text(report[: len(report) // 2], encoding="utf-8")
    elif lost == "an edit":
        folder.task_file.write_text("tasks: {}\n", encoding="utf-8")
    assert is_finished(folder, run_json) == (lost == "nothing")
    assert not is_finished(folder, {**run_json, "state": "started"})


def test_sources_are_those_that_are_there(folder):
    assert sources(folder) == {"plan": digest("t = 1\n"), "tasks": digest("tasks:\n")}
    folder.task_file.unlink()
    assert set(sources(folder)) == {"plan"}


@pytest.fixture
def journal(folder):
    with Journal.open(folder.journal, meta={"plan": "p"}) as made:
        yield made


def record(journal, train_call):
    """Four operations: trained, no time, seconds left, stopped."""
    journal.call("train", {}, lambda: train_call("a" * 32, {"mood": 0.5}).output)
    journal.call("train", {"n": 1}, lambda: train_call("", {}, status="no time", tasks=[]).output)
    journal.call("seconds_left", {}, lambda: 3.0)

    def stop():
        raise OutOfTime("over")

    with pytest.raises(OutOfTime):
        journal.call("compare", {}, stop)


def test_more_time_takes_back_what_was_owed_to_the_budget(folder, journal, train_call):
    record(journal, train_call)
    (folder.parts / ("a" * 32)).mkdir()
    run_json = folder.settings()
    assert renew(folder, journal, run_json, 300.0) == run_json
    assert len(journal.calls()) == 4
    found = renew(folder, journal, {**run_json, "state": "finished"}, 600.0)
    assert [call.operation for call in journal.calls()] == ["train"]
    assert folder.settings() == found == {**run_json, "budget_seconds": 600.0}


def test_one_of_several_at_once_that_had_no_time_takes_back_all(folder, journal, train_call):
    outputs = [
        train_call("", {}, status=status, tasks=["a"]).output for status in ("done", "no time")
    ]
    asked = {"candidates": [{"tasks": ["a"], "recipe": "FineTune()"}] * 2}
    journal.call("train_all", asked, lambda: outputs)
    again = renew(folder, journal, folder.settings(), 300.0)
    assert len(journal.calls()) == 1
    renew(folder, journal, again, 600.0)
    assert journal.calls() == []


@pytest.mark.parametrize("first", ["seconds_left", "stopped"])
def test_every_answer_of_the_clock_is_taken_back(folder, journal, first):
    def stop():
        raise OutOfTime("over")

    if first == "seconds_left":
        journal.call("seconds_left", {}, lambda: 3.0)
    else:
        with pytest.raises(OutOfTime):
            journal.call("compare", {}, stop)
    renew(folder, journal, folder.settings(), 301.0)
    assert journal.calls() == []


def test_a_part_that_is_gone_is_trained_again(folder, journal, train_call):
    record(journal, train_call)
    renew(folder, journal, folder.settings(), 300.0)
    assert journal.calls() == []
