"""How runs are told of that end, go on elsewhere, or never began."""

from __future__ import annotations

import json
import time

import pytest

from polytask._errors import ConfigError, OutputError
from polytask.assistant.background import Background, events
from polytask.workflow.folder import RunFolder


def _run(path, state):
    path.mkdir()
    marker = {"format": 1, "state": state, "budget_seconds": 60.0, "settings": {}}
    (path / "run.json").write_text(json.dumps(marker))
    return path


@pytest.mark.parametrize(
    ("noted", "told"),
    [("finished", "finished"), ("failed", "failed"), ("started", "running elsewhere, or stopped")],
)
def test_runs_of_other_processes(tmp_path, noted, told):
    found = Background().standing(_run(tmp_path / "run", noted))
    assert found == {"state": told, "seconds_used": 0.0, "seconds_left": 60.0, "events": []}


def test_nothing_there(tmp_path):
    with pytest.raises(OutputError, match="no run folder"):
        Background().standing(tmp_path / "none")


@pytest.mark.slow
def test_one_at_a_time_and_why_it_failed(tmp_path):
    background, folder = Background(), tmp_path / "run"
    background.start(folder, ["run", "nowhere.csv", "--out", str(folder)], tmp_path)
    assert background.standing(folder) == {"state": "starting"}
    with pytest.raises(ConfigError, match="One run at a time"):
        background.check_free()
    until = time.monotonic() + 60
    while background.standing(folder)["state"] == "starting" and time.monotonic() < until:
        time.sleep(0.1)
    found = background.standing(folder)
    assert found["state"] == "failed"
    assert "nowhere.csv" in found["error"]
    background.check_free()


def test_an_event_that_is_being_written_is_left_for_later(tmp_path):
    run = RunFolder(_run(tmp_path / "run", "started"))
    run.events.write_text('{"event": "start"}\n{"event": "sa')
    assert events(run) == [{"event": "start"}]
