from __future__ import annotations

import io
import json
import os
import time
from importlib import metadata

import pytest
from rich.console import Console

from polytask._errors import OutputError
from polytask.cli.tables import doctor_table
from polytask.workflow.folder import RunFolder
from polytask.workflow.housekeeping import clean_caches, examine, find_runs, size


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path / "home"))
    for name, days in (("features/a/old", 40), ("features/a/new", 1), ("weights/w", 99)):
        age(tmp_path / "home" / name, days, 1000)
    for suffix in ("", "-wal"):
        age(tmp_path / "home" / f"memo.sqlite{suffix}", 40, 10)
    return tmp_path / "home"


def age(path, days, count):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * count)
    then = time.time() - 86400 * days
    os.utime(path, (then, then))


def left(home):
    return sorted(str(p.relative_to(home)) for p in home.rglob("*") if p.is_file())


def test_what_was_not_used_for_long_goes(home):
    assert clean_caches(days=30) == 1020
    assert left(home) == ["features/a/new", "weights/w"]


def test_the_files_of_a_memo_stay_together(home):
    age(home / "memo.sqlite-wal", 0, 10)
    assert clean_caches(days=30) == 1000
    assert {"memo.sqlite", "memo.sqlite-wal"} <= set(left(home))


def test_beyond_the_room_the_oldest_go_first(home):
    age(home / "features" / "b" / "newest", 0, 1000)
    clean_caches(days=365, megabytes=0.0015)
    assert [name for name in left(home) if name.startswith("features")] == ["features/b/newest"]


def test_runs_are_listed_with_state_and_sentence(finished, tmp_path):
    for name, state in (("one", "started"), ("ill", "failed"), ("now", "started")):
        with RunFolder(tmp_path / name).created({"state": state}):
            pass
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "run.json").write_text("{", encoding="utf-8")
    (tmp_path / "none").mkdir()
    with RunFolder(tmp_path / "now").locked():
        found = {run["path"].rpartition("/")[2]: run for run in find_runs(tmp_path)}
    assert {name: run["state"] for name, run in found.items()} == {
        "one": "stopped",
        "ill": "failed",
        "now": "running",
        "two": "damaged",
    }
    assert "is damaged" in found["two"]["sentence"]
    (whole,) = find_runs(finished.path)
    assert (whole["state"], whole["sentence"]) == ("finished", finished.result.report.sentence)
    assert whole["bytes"] == size(finished.path) > 10_000


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(OutputError, match="is no folder"):
        find_runs(tmp_path / "runs")
    assert size(tmp_path / "runs") == 0


def test_the_machine_is_described_in_plain_data(home):
    found = examine()
    assert json.loads(json.dumps(found)) == found
    assert found["home"] == str(home)
    assert found["sizes"] == {"weights": 1000, "features": 2000, "knowledge": 0}
    assert found["disk_free"] > 0
    assert found["libraries"]["torch"]
    assert found["extras"]["llm"].startswith("openai ")


def test_an_extra_that_is_not_whole_is_told_with_its_pip_line(monkeypatch):
    def version(name):
        if name == "xllamacpp":
            raise metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr("polytask.workflow.housekeeping.metadata.version", version)
    extras = examine()["extras"]
    assert extras["llm-local"] == ""
    assert extras["pandas"] == "pandas 1.0, pyarrow 1.0"
    shown = io.StringIO()
    Console(width=200, file=shown).print(doctor_table(examine()))
    assert "pip install 'polytask[llm-local]'" in shown.getvalue()
