"""Runs polytask in this process and kills it at one state of its journal; for test_kill.py.

    python killer.py STATE NUMBER alone|group PIDS ARGUMENTS OF POLYTASK…

`NUMBER` counts operations (or events) from 1. The ids of worker processes are written to the file
`PIDS` just before, so that the test can see them end.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from polytask import cli
from polytask.planning.journal import Journal
from polytask.workflow import remote, running
from polytask.workflow.events import EventLog

EVENTS = {"training": "epoch", "evaluation": "note", "half": "found"}
"""By state the event that it is told by; a note of the final evaluation begins with "scoring"."""


@dataclass
class Killer:
    """Watches a run, and ends it in the wanted state."""

    state: str
    number: int
    way: str
    pids: Path
    operations: int = 0
    events: int = 0
    workers: list[remote.Worker] = field(default_factory=list)

    def die(self, *states: str) -> None:
        """End this process, or its whole group, if this is the state."""
        if self.state not in states:
            return
        pids = [str(worker._process.pid) for worker in self.workers if worker._process is not None]
        self.pids.write_text(" ".join(pids), encoding="utf-8")
        if self.way == "group":
            os.killpg(0, signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Put a look-out before and behind every step that leaves a trace on the disk."""
        self._watch_worker()
        self._watch_journal()
        self._watch_events()
        write_json = running.write_json

        def watched(path: Path, value: Any) -> None:
            if value.get("state") == "finished":
                self.die("written")
            write_json(path, value)

        running.write_json = watched

    def _watch_worker(self) -> None:
        start = remote.Worker.start

        def watched(worker: remote.Worker) -> None:
            start(worker)
            if not any(worker is known for known in self.workers):
                self.workers.append(worker)

        remote.Worker.start = watched  # type: ignore[method-assign]

    def _watch_journal(self) -> None:
        call = Journal.call

        def watched(journal: Journal, operation: str, arguments: Any, do: Any, **more: Any) -> Any:
            self.operations += 1
            here = self.operations == self.number

            def watched_do() -> Any:
                self.die(*["started"] * here)
                result = do()
                self.die(*["published"] * here)
                return result

            self.die(*["before"] * here)
            result = call(journal, operation, arguments, watched_do, **more)
            self.die(*["done"] * here)
            return result

        Journal.call = watched  # type: ignore[method-assign]

    def _watch_events(self) -> None:
        log = EventLog.__call__

        def watched(events: EventLog, event: Any) -> None:
            log(events, event)
            told = event["event"] == EVENTS.get(self.state)
            if told and str(event.get("text", "scoring")).startswith("scoring"):
                self.events += 1
                self.die(*[self.state] * (self.events == self.number))

        EventLog.__call__ = watched  # type: ignore[method-assign]


if __name__ == "__main__":
    Killer(sys.argv[1], int(sys.argv[2]), sys.argv[3], Path(sys.argv[4])).watch()
    sys.argv = ["polytask", *sys.argv[5:]]
    cli.main()
