"""A run folder made from another is there whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from polytask._errors import OutputError
from polytask.workflow.folder import RunFolder
from polytask.workflow.staging import staged, task_file_of, write_task_file_of

KILLED = """
import os, signal, sys
from pathlib import Path
from polytask.workflow import growing, trying
from polytask.workflow.adding import add

trying.QUICK = {"text": ("TfidfLinear()",)}
_, when, run, source, out = sys.argv
name = {"begun": "try_out", "written": "_save_scores"}.get(when, "learn")
made = getattr(growing, name)

def watched(*given, **more):
    if when == "learned":
        made(*given, **more)
    os.kill(os.getpid(), signal.SIGKILL)

if when != "never":
    setattr(growing, name, watched)
print(add(Path(run), Path(source), out=Path(out)).path)
"""


def added(when, run, source, out):
    words = [sys.executable, "-c", KILLED, when, str(run), str(source), str(out)]
    environment = {**os.environ, "POLYTASK_HOME": str(out.parent / "home")}
    return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=300)


def files(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.slow
def test_a_killed_add_leaves_the_old_run_whole_and_the_same_command_goes_through(
    plain, new_rows, tmp_path
):
    before, out = files(plain), tmp_path / "加 run"
    lines = [f"{row['text']},{row['heard']}" for row in new_rows]
    source = tmp_path / "new.csv"
    source.write_text("\n".join(["text,heard", *lines]) + "\n", encoding="utf-8")
    for when in ("begun", "written", "learned"):
        killed = added(when, plain, source, out)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert not out.exists()
        assert files(plain) == before
    whole = added("never", plain, source, out)
    assert whole.returncode == 0, whole.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.csv", "加 run"]
    assert RunFolder(out).settings()["state"] == "finished"
    assert files(plain) == before


def test_two_at_one_place_cannot_both_write_and_two_places_can(tmp_path):
    new = RunFolder(tmp_path / "run")
    with staged(new) as one, staged(RunFolder(tmp_path / "other")) as other:
        with pytest.raises(OutputError, match="in use by another polytask process"), staged(new):
            pytest.fail("both were let in")
        one.marker.touch()
        other.marker.touch()
    assert sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("run.json")) == [
        "other/run.json",
        "run/run.json",
    ]
    assert not one.path.exists()
    with pytest.raises(OutputError, match="holds a run already"), staged(new):
        pytest.fail("a run was written over")


def test_what_fails_leaves_nothing_and_what_was_written_meanwhile_is_not_touched(tmp_path):
    new = RunFolder(tmp_path / "run")
    with pytest.raises(KeyboardInterrupt), staged(new) as made:
        made.marker.touch()
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OutputError, match=r"no longer free.*another --out"), staged(new):
        new.path.mkdir()
        (new.path / "mine").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["run", "mine"]


def test_tasks_are_written_as_seen_from_the_new_place(tmp_path):
    old, new = RunFolder(tmp_path / "old"), RunFolder(tmp_path / "deep" / "new")
    for folder in (old, new):
        folder.path.mkdir(parents=True)
    said = {"情绪": {"data": {"train": "../a.csv"}, "more": ["../b.csv"], "target": "否"}}
    write_task_file_of(old, {"tasks": said, "helpers": said, "recipes": ["Probe()"]})
    moved = {"data": {"train": "../../a.csv"}, "more": ["../../b.csv"], "target": "否"}
    assert task_file_of(old, new) == {
        "tasks": {"情绪": moved},
        "helpers": {"情绪": moved},
        "recipes": ["Probe()"],
    }
