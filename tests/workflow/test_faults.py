"""Full disks, places that may not be written, and Ctrl-C: the run stops with a word and goes on."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from polytask.workflow.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

QUICK_PLAN = """from polytask.plan import TfidfLinear, combine, finish, tasks, train

t = tasks("tasks.yaml")
parts = {name: train([name], TfidfLinear())["part"] for name in t}
finish(combine(parts, parts))
"""

FULL_DISK = '''
import errno, os, re, sqlite3

WHERE, writes = os.environ["FULL"], 0
real_fsync, real_connect = os.fsync, sqlite3.connect


def fsync(descriptor):
    """The disk is full for files whose path matches, when they are forced onto it."""
    if re.search(WHERE, os.readlink(f"/proc/self/fd/{descriptor}")):
        raise OSError(errno.ENOSPC, "No space left on device")
    real_fsync(descriptor)


class Full(sqlite3.Connection):
    """The disk is full from the third entry in the journal on."""

    def execute(self, statement, *values):
        global writes
        writes += statement.startswith("INSERT OR REPLACE INTO calls")
        if writes >= 3:
            raise sqlite3.OperationalError("database or disk is full")
        return super().execute(statement, *values)


os.fsync = fsync
if WHERE == "journal":
    sqlite3.connect = lambda *args, **options: real_connect(*args, **options, factory=Full)
'''


def environment(home: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "POLYTASK_HOME": str(home), "COLUMNS": "200", **more}


def polytask(*words: object, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "polytask", *map(str, words)],
        env=environ,
        capture_output=True,
        text=True,
        timeout=300,
    )


def report(out: Path) -> dict:
    found = json.loads((out / "report.json").read_text(encoding="utf-8"))
    del found["timing"], found["command"]
    return found


@pytest.fixture(scope="module")
def quick(make_job, tmp_path_factory):
    """A job without neural parts, and the report of its undisturbed run."""
    folder = tmp_path_factory.mktemp("faults")
    job = make_job(folder / "job")
    (job / "plan.py").write_text(QUICK_PLAN, encoding="utf-8")
    done = polytask(*start(job, folder / "run"), **environment(folder / "home"))
    assert done.returncode == 0, done.stderr
    return job, report(folder / "run")


def start(job: Path, out: Path) -> list[object]:
    words = ["run", job / "plan.py", "--out", out, "--budget", "10m", "--threads", 1]
    return [*words, "--dtype", "float32", "--quiet"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "where",
    [
        "journal",
        pytest.param("parts/", marks=pytest.mark.slow),
        pytest.param(r"/model\.tmp/", marks=pytest.mark.slow),
        pytest.param(r"/\.?report\.(json|html)", marks=pytest.mark.slow),
    ],
)
def test_a_run_on_a_full_disk_stops_and_goes_on_when_there_is_room(quick, tmp_path, where):
    job, expected = quick
    (tmp_path / "sitecustomize.py").write_text(FULL_DISK, encoding="utf-8")
    home, out = tmp_path / "home", tmp_path / "run"
    full = environment(home, FULL=where, PYTHONPATH=str(tmp_path))
    stopped = polytask(*start(job, out), **full)
    assert stopped.returncode == 2, stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert "space" in stopped.stderr
    assert re.search("goes on|resume", stopped.stderr)
    assert str(out) in stopped.stderr
    resumed = polytask("run", out, "--quiet", **environment(home))
    assert resumed.returncode == 0, resumed.stderr
    assert report(out) == expected


@pytest.mark.slow
def test_a_run_that_cannot_begin_on_a_full_disk_leaves_nothing(quick, tmp_path):
    job, _ = quick
    (tmp_path / "sitecustomize.py").write_text(FULL_DISK, encoding="utf-8")
    full = environment(tmp_path / "home", FULL=r"/run\.json", PYTHONPATH=str(tmp_path))
    stopped = polytask(*start(job, tmp_path / "run"), **full)
    assert stopped.returncode == 2
    assert "No space left" in stopped.stderr
    assert "then give the same command again" in stopped.stderr
    assert not (tmp_path / "run").exists()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own that holds 400 kB; skipped where none may be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system may be mounted here: {done.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.slow
def test_a_run_outgrows_a_small_disk_and_goes_on_on_a_larger_one(
    job, tiny_encoder, small_disk, tmp_path
):
    out, home = small_disk / "run", tmp_path / "home"
    words = [*start(job, out), "--encoder", tiny_encoder]
    stopped = polytask(*words, **environment(home))
    assert stopped.returncode == 2, stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert "polytask run" in stopped.stderr
    subprocess.run(["mount", "-o", "remount,size=50m", str(small_disk)], check=True)
    resumed = polytask("run", out, "--quiet", **environment(home))
    assert resumed.returncode == 0, resumed.stderr
    assert set(report(out)["tasks"]) == {"topic", "mood"}


@pytest.mark.slow
def test_a_home_that_cannot_be_written_costs_only_the_cache(job, tiny_encoder, tmp_path):
    done = polytask(
        *start(job, tmp_path / "run"), "--encoder", tiny_encoder, **environment("/proc/home")
    )
    assert done.returncode == 0, done.stderr
    candidates = report(tmp_path / "run")["candidates"]
    assert {candidate["status"] for candidate in candidates} == {"done"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment",
    [
        "training",
        pytest.param("opening", marks=pytest.mark.slow),
        pytest.param("side by side", marks=pytest.mark.slow),
    ],
)
def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(
    job, tiny_encoder, tmp_path, moment, parallel_plan
):
    out, home = tmp_path / "run", tmp_path / "home"
    words = [*start(job, out)[:-1], "--encoder", tiny_encoder]
    if moment == "side by side":
        (job / "plan.py").write_text(parallel_plan, encoding="utf-8")
        words += ["--workers", "2"]
    process = subprocess.Popen(
        [sys.executable, "-m", "polytask", *map(str, words)],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    wait_for(out / "events.jsonl", {"opening": '"phase"'}.get(moment, '"epoch"'))
    children = psutil.Process(process.pid).children(recursive=True)  # the plan's sandbox, too
    workers = [child for child in children if "polytask.workflow.worker" in child.cmdline()]
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to all in the foreground
    began = time.monotonic()
    printed, said = process.communicate(timeout=30)
    assert time.monotonic() - began < 5
    assert process.returncode == 1, said
    assert len(workers) == (2 if moment == "side by side" else 1)
    assert "Traceback" not in said + printed
    assert f"stopped. What was finished is kept: `polytask run {out}` goes on" in said
    assert not psutil.wait_procs(children, timeout=2.0)[1]
    resumed = polytask("run", out, "--quiet", **environment(home))
    assert resumed.returncode == 0, resumed.stderr
    assert set(report(out)["tasks"]) == {"topic", "mood"}


def wait_for(events: Path, text: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if events.is_file() and text in events.read_text(encoding="utf-8"):
            return
        time.sleep(0.02)
    pytest.fail(f"{text} never appeared in {events}")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("plan.py", None, r"plan\.py cannot be read"),
        ("plan.py", "t = (\n", r"plan\.py:\d+:\d+"),
        ("tasks.yaml", None, r"no task file .*tasks\.yaml"),
        ("journal.sqlite", "no database, but a text of some length" * 99, "journal.*is damaged"),
    ],
)
def test_a_run_that_lost_a_file_is_refused(quick, tmp_path, name, content, message):
    job, _ = quick
    out, home = tmp_path / "run", tmp_path / "home"
    out.mkdir()
    for path in ("plan.py", "tasks.yaml"):
        (out / path).write_text((job / path).read_text("utf-8"), encoding="utf-8")
    shutil.copytree(job / "data", out / "data")
    settings = Settings(threads=1, dtype="float32").plain()
    facts = {"format": 1, "state": "started", "source": "x", "tasks_named": "tasks.yaml"}
    marker = {**facts, "budget_seconds": 600.0, "settings": settings}
    (out / "run.json").write_text(json.dumps(marker), encoding="utf-8")
    if content is None:
        (out / name).unlink()
    else:
        (out / name).write_text(content, encoding="utf-8")
    refused = polytask("run", out, **environment(home))
    assert refused.returncode == 2, refused.stderr
    assert "Traceback" not in refused.stderr
    assert re.search(message, refused.stderr), refused.stderr
