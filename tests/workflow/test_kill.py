"""A run may be killed at any moment and goes on to the identical report."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    from pathlib import Path

KILLS = int(os.environ.get("POLYTASK_KILLS", "6"))
OPERATIONS = 10  # in the plan of the job, finish and the final evaluation apart


def command(job: Path, out: Path, encoder: Path) -> list[str]:
    words = [sys.executable, "-m", "polytask", "run", str(job / "plan.py"), "--out", str(out)]
    words += ["--budget", "10m", "--threads", "1", "--dtype", "float32", "--quiet"]
    return [*words, "--encoder", str(encoder)]


def start(words: list[str], home: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "POLYTASK_HOME": str(home)}
    return subprocess.Popen(
        words,
        env=environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def finish(words: list[str], home: Path) -> None:
    environment = {**os.environ, "POLYTASK_HOME": str(home)}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def stripped(out: Path) -> dict:
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    del report["timing"]
    return report


def calls(out: Path) -> int:
    """How many operations the events of a run speak of."""
    events = out / "events.jsonl"
    if not events.is_file():
        return -1
    return events.read_text(encoding="utf-8").count('"event": "call"')


def wait_for(process: subprocess.Popen[bytes], out: Path, number: int, extra: float) -> None:
    deadline = time.monotonic() + 120
    while calls(out) < number and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(extra)


@pytest.fixture(scope="module")
def undisturbed(tiny_encoder, make_job, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kill")
    job = make_job(folder / "job")
    out = folder / "undisturbed"
    finish(command(job, out, tiny_encoder), folder / "home")
    return job, stripped(out)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_run_ends_in_the_identical_report(undisturbed, tiny_encoder, tmp_path, number):
    job, expected = undisturbed
    out, home = tmp_path / "run", tmp_path / "home"
    chosen = random.Random(number)
    process = start(command(job, out, tiny_encoder), home)
    stop_at = number % (OPERATIONS + 2)
    wait_for(process, out, stop_at, chosen.uniform(0.0, 0.4))
    workers = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    if number % 2:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
    _, alive = psutil.wait_procs(workers, timeout=2.0)
    assert not alive  # a worker whose parent is gone ends itself
    if (out / "run.json").is_file():
        finish([sys.executable, "-m", "polytask", "run", str(out), "--quiet"], home)
    else:
        finish(command(job, out, tiny_encoder), home)
    found = stripped(out)
    assert {**found, "command": ""} == {**expected, "command": ""}
