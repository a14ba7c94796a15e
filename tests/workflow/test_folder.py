"""The run folder is made whole or not at all, and faults of the disk become plain words."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys

import pytest

from polytask._errors import OutputError
from polytask.workflow.folder import RunFolder, check_new, saving, write_text


def test_a_folder_is_marked_when_it_is_filled(tmp_path):
    folder = RunFolder(tmp_path / "a" / "run")
    with folder.created({"state": "started"}):
        assert not folder.exists
        write_text(folder.plan, "plan")
    assert folder.settings() == {"format": 1, "state": "started"}
    found = sorted(path.name for path in folder.path.iterdir())
    assert found == ["lock", "parts", "plan.py", "run.json"]


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("fault", [KeyboardInterrupt, ValueError])
def test_a_folder_that_is_not_filled_is_taken_away(tmp_path, before, fault):
    folder = RunFolder(tmp_path / "run")
    if before:
        folder.path.mkdir()
    with pytest.raises(fault), folder.created({}):
        write_text(folder.plan, "plan")
        raise fault
    assert folder.path.exists() == before
    assert not before or not any(folder.path.iterdir())


def test_a_full_disk_while_a_folder_is_filled(tmp_path):
    folder = RunFolder(tmp_path / "run")
    again = "free some space, then give the same command again"
    with pytest.raises(OutputError, match=again), folder.created({}):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_second_run_does_not_take_away_the_first(tmp_path, monkeypatch):
    first, second = RunFolder(tmp_path / "run"), RunFolder(tmp_path / "run")
    in_use = pytest.raises(OutputError, match="in use by another")
    with first.created({"state": "started"}), in_use, second.created({}):
        pytest.fail("a folder in use was given away")
    looks = iter([None, OutputError("holds a run already")])  # it looked just before

    def check_free(_):
        if error := next(looks):
            raise error

    monkeypatch.setattr(RunFolder, "check_free", check_free)
    with pytest.raises(OutputError, match="holds a run"), second.created({}):
        pytest.fail("a finished folder was given away")
    assert first.exists


@pytest.mark.parametrize("stage", ["made", "locked", "parts", "data", "tasks", "plan", "marking"])
def test_a_folder_whose_maker_was_killed_is_made_again(tmp_path, stage):
    script = f"""
import os
from polytask.workflow.folder import RunFolder, write_text
def reached(stage):
    if stage == {stage!r}:
        os._exit(9)
class Killed(RunFolder):
    def locked(self):
        reached("made")
        return super().locked()
    def _clear(self):
        reached("locked")
folder = Killed({str(tmp_path / "run")!r})
with folder.created({{}}):
    reached("parts")
    folder.data.mkdir()
    write_text(folder.data / "0.parquet", "x")
    reached("data")
    write_text(folder.task_file, "tasks")
    reached("tasks")
    folder.plan.with_name("plan.py.tmp").write_text("half")
    reached("plan")
    folder.marker.with_name("run.json.tmp").write_text("half")
    reached("marking")
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 9
    folder = RunFolder(tmp_path / "run")
    with folder.created({"state": "started"}):
        write_text(folder.plan, "plan")
    found = sorted(path.name for path in folder.path.iterdir())
    assert found == ["lock", "parts", "plan.py", "run.json"]


@pytest.mark.parametrize(
    "names", [["plan.py", "tasks.yaml"], ["lock", "plan.py", "notes.txt"], ["lock", "parts/x/y"]]
)
def test_files_of_the_user_are_not_taken_for_leavings(tmp_path, names):
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("mine", encoding="utf-8")
    refused = pytest.raises(OutputError, match="not an empty folder")
    with refused, RunFolder(tmp_path).created({}):
        pytest.fail("a folder in use was given away")
    assert [(tmp_path / name).read_text(encoding="utf-8") for name in names] == ["mine"] * len(
        names
    )


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), r"No space.*`polytask run .*goes on"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "free some space"),
        (shutil.Error([("a", "b", "[Errno 28] No space left on device")]), "free some space"),
        (RuntimeError("I/O error: No space left on device (os error 28)"), "free some space"),
        (PermissionError(errno.EACCES, "Permission denied"), r"\(Permission denied\): .*--out"),
        (OSError(errno.EROFS, "Read-only file system"), "choose another --out"),
    ],
)
def test_faults_of_the_disk_become_words(tmp_path, error, message):
    with pytest.raises(OutputError, match=message), saving(tmp_path):
        raise error


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(errno.ENOENT, "No such file", "/elsewhere/image.png"),
        ValueError("something else"),
        OSError(errno.EIO, "Input/output error"),
    ],
)
def test_faults_that_are_no_matter_of_the_output_pass_through(tmp_path, error):
    with pytest.raises(type(error)), saving(tmp_path / "out"):
        raise error


def test_a_missing_folder_of_the_output_is_named(tmp_path):
    out = tmp_path / "gone" / "out.txt"
    refused = pytest.raises(OutputError, match=r"out\.txt cannot be written \(No such file")
    with refused, saving(out):
        write_text(out, "x")


def test_a_new_file_is_new_and_possible(tmp_path):
    check_new(tmp_path / "new")
    (tmp_path / "old").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="exists and was not touched"):
        check_new(tmp_path / "old")
    with pytest.raises(OutputError, match="File name too long"):
        check_new(tmp_path / ("x" * 300))


def test_one_writer_at_a_time(tmp_path):
    folder = RunFolder(tmp_path)
    refused = pytest.raises(OutputError, match="in use by another polytask process")
    with folder.locked(), refused, folder.locked():
        pytest.fail("two writers")
    with folder.locked():
        assert (tmp_path / "lock").exists()
