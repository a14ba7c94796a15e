"""What the kernel tells of a process that waits for a processor."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from polytask.workflow import waiting as module
from polytask.workflow.waiting import Waiting, waiting


def test_a_share_needs_time_that_went_by():
    assert Waiting(1.0, 1.0).share_since(Waiting(1.0, 1.0)) == 0.0
    assert Waiting(1.5, 1.5).share_since(Waiting(1.0, 1.0)) == 0.5


def test_nothing_is_known_where_the_kernel_does_not_tell(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "_THREADS", tmp_path)
    assert waiting() == Waiting(0.0, 0.0)


@pytest.mark.slow
@pytest.mark.skipif(not waiting().ran, reason="this kernel counts no waiting (schedstat)")
def test_a_process_that_shares_its_processor_waits():
    """Pinned to one processor with two others that never rest, it runs a third of the time."""
    one = {min(os.sched_getaffinity(0))}
    beside = [
        subprocess.Popen(
            [sys.executable, "-c", f"import os; os.sched_setaffinity(0, {one})\nwhile True: pass"]
        )
        for _ in range(2)
    ]
    kept = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, one)
        before, until = waiting(), time.monotonic() + 2.0
        while time.monotonic() < until:
            pass
        assert 0.3 < waiting().share_since(before) < 1.0
    finally:
        os.sched_setaffinity(0, kept)
        for other in beside:
            other.kill()
            other.wait()
