"""A real worker process, without torch: asked, stopped, orphaned."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from polytask._errors import ConfigError, RunError
from polytask.workflow.remote import Worker, WorkerStopped
from polytask.workflow.settings import Settings


@pytest.fixture
def worker(tmp_path, finished):
    settings = {**Settings(threads=1).plain(), "folder": str(finished.path)}
    waits: list[float] = []
    made = Worker(settings, tmp_path / "log", lambda _: None, lambda: waits.append(time.time()))
    yield made, waits
    made.stop()


@pytest.mark.slow
def test_errors_of_the_worker_keep_their_class_and_the_worker_goes_on(worker):
    asked, _ = worker
    for _ in range(2):
        with pytest.raises(ConfigError, match=r"Unknown recipe 'Nothing'") as caught:
            asked.call("estimate", tasks=["mood"], recipe="Nothing()")
        assert any("Traceback" in note for note in caught.value.__notes__)
    pid = asked._process.pid
    with pytest.raises(RunError, match="KeyError"):
        asked.call("estimate", tasks=["none"], recipe="TfidfLinear()")
    assert asked._process.pid == pid


@pytest.mark.slow
def test_a_worker_that_hangs_is_killed_at_the_deadline_and_started_anew(worker):
    asked, waits = worker
    asked.start()
    pid = asked._process.pid
    os.kill(pid, signal.SIGSTOP)  # it hangs: no answer, no end
    began = time.monotonic()
    with pytest.raises(WorkerStopped):
        asked.call("estimate", time.monotonic() + 1.5, tasks=["mood"], recipe="TfidfLinear()")
    assert 1.4 < time.monotonic() - began < 6.0
    assert waits  # the used time was written down meanwhile
    assert not psutil.pid_exists(pid)
    assert asked.call("estimate", tasks=["mood"], recipe="TfidfLinear()") >= 0.0
    assert asked._process.pid != pid


def test_a_worker_that_dies_is_an_error_with_its_log(worker):
    asked, _ = worker
    asked.start()
    asked._process.kill()
    with pytest.raises(RunError, match=r"ended during `estimate` \(exit status -9.*log"):
        asked.call("estimate", tasks=["mood"], recipe="TfidfLinear()")


ORPHAN = """
import sys, time
from pathlib import Path
from polytask.workflow.remote import Worker
worker = Worker({"folder": sys.argv[1]}, Path(sys.argv[1]) / "log", print, print)
worker.start()
print(worker._process.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.slow
@pytest.mark.parametrize("wait", [0.0, 1.5])
def test_a_worker_whose_parent_is_killed_ends_within_two_seconds(tmp_path, wait):
    parent = subprocess.Popen(
        [sys.executable, "-c", ORPHAN, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    worker = psutil.Process(int(parent.stdout.readline()))
    time.sleep(wait)  # at once, or when it is up
    assert worker.is_running()
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 2.0
    while time.monotonic() < deadline and _alive(worker):
        time.sleep(0.02)
    assert not _alive(worker)


def _alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
