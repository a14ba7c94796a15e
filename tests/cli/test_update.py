"""`polytask update`: more rows for old tasks, from the command line."""

from __future__ import annotations

import json

import pytest

WORDS = ("music", "song", "concert")


@pytest.mark.slow
def test_more_rows_take_over_or_are_kept_out(polytask, own_shell, finished, untouched, tmp_path):
    untouched(finished)
    more = tmp_path / "more.csv"
    rows = [f"some {WORDS[i % 3]} of day {i},good" for i in range(30)]
    more.write_text("\n".join(["text,mood", *rows]) + "\n", encoding="utf-8")
    words = ["update", finished / "run", more, "--task", "mood", "--out", tmp_path / "new"]
    done = own_shell(*words)
    done.succeeds("^2 tasks", "mood", f"model {tmp_path / 'new'}/model")
    assert "more rows for mood" in done.err
    assert "mood: " in done.err
    report = json.loads((tmp_path / "new" / "report.json").read_text(encoding="utf-8"))
    taken = report["tasks"]["mood"]["control"]["recipe"].startswith("in use: ")
    assert taken == ("takes over" in report["said"][-1])
    polytask("update", finished / "run", more, "--task", "mod").refuses("no task 'mod'", "mood")
    polytask("update", tmp_path, more).refuses("is no run folder", "polytask runs")
    more.write_text("text,other\na,b\n", encoding="utf-8")
    polytask("update", finished / "run", more).refuses("lacks columns", "wanted: ", "polytask add")
    polytask("update", finished / "run", more, "--budget", "x").refuses("'x'")
