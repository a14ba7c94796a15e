from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from polytask._errors import OutputError
from polytask.workflow.events import EventLog, ignore


def test_events_are_logged_and_passed_on(tmp_path):
    told = []
    log = EventLog(tmp_path / "events.jsonl", told.append)
    events = [{"event": "say", "text": "你好"}, {"event": "wait"}, {"event": "done"}]
    for event in events:
        log(event)
    assert told == events
    lines = (tmp_path / "events.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [events[0], events[2]]  # waiting is no news


def test_a_full_disk_is_said(tmp_path, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(OutputError, match=r"No space left.*goes on"):
        EventLog(tmp_path / "events.jsonl", ignore)({"event": "done"})
