"""Runs polytask in this process and kills it at one state of its journal; for test_kill.py.

    python killer.py STATE NUMBER alone|group PIDS ARGUMENTS OF POLYTASK…

`NUMBER` counts operations (or events) from 1. The ids of worker processes are written to the file
`PIDS` just before, so that the test can see them end.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from polytask import cli
from polytask.planning.journal import Journal
from polytask.workflow import remote, running
from polytask.workflow.events import EventLog

STATE, NUMBER, WAY, PIDS = sys.argv[1], int(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
seen = {"operations": 0, "events": 0}
workers: list[remote.Worker] = []


def die() -> None:
    running_now = [w._process.pid for w in workers if w._process is not None]
    PIDS.write_text(" ".join(map(str, running_now)), encoding="utf-8")
    if WAY == "group":
        os.killpg(0, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


start = remote.Worker.start
call = Journal.call
log = EventLog.__call__
write_json = running.write_json


def noted_start(self: remote.Worker) -> None:
    start(self)
    workers[:] = [self]


def watched_call(self: Journal, operation, arguments, do, **options):
    seen["operations"] += 1
    here = seen["operations"] == NUMBER

    def watched_do():
        if here and STATE == "started":
            die()
        result = do()
        if here and STATE == "published":
            die()
        return result

    if here and STATE == "before":
        die()
    result = call(self, operation, arguments, watched_do, **options)
    if here and STATE == "done":
        die()
    return result


def watched_log(self: EventLog, event) -> None:
    log(self, event)
    wanted = {"training": "epoch", "evaluation": "note"}.get(STATE)
    text = str(event.get("text", "scoring"))
    if event["event"] == wanted and text.startswith("scoring"):
        seen["events"] += 1
        if seen["events"] == NUMBER:
            die()


def watched_write(path: Path, value) -> None:
    if STATE == "written" and value.get("state") == "finished":
        die()
    write_json(path, value)


remote.Worker.start = noted_start
Journal.call = watched_call
EventLog.__call__ = watched_log
running.write_json = watched_write
sys.argv = ["polytask", *sys.argv[5:]]
cli.main()
