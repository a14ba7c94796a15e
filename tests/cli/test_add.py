"""`polytask add`: a task more for a finished run, from the command line."""

from __future__ import annotations

import json

import pytest

WORDS = {"yes": ("music", "song", "concert"), "no": ("rain", "storm", "dinner")}


@pytest.fixture
def new(write):
    rows = [f"a {WORDS[label][i % 3]} in town no {i},{label}" for i in range(40) for label in WORDS]
    return write("new.csv", "\n".join(["text,heard", *rows]) + "\n")


def answers(polytask, run, rows) -> list[dict]:
    found = polytask("predict", run, rows, "--probabilities")
    found.succeeds()
    return [json.loads(line) for line in found.out.splitlines()]


@pytest.mark.slow
def test_a_task_is_added_and_the_old_ones_answer_as_before(
    polytask, own_shell, finished, new, untouched, tmp_path
):
    untouched(finished)
    words = ["add", finished / "run", new, "--out", tmp_path / "grown", "--target", "heard"]
    added = own_shell(*words)
    added.succeeds("^3 tasks", "heard", "mood", f"model {tmp_path / 'grown'}/model")
    assert "to add: heard (binary)" in added.err
    assert "TfidfLinear()" in added.err
    before = answers(polytask, finished / "run", new)
    after = answers(polytask, tmp_path / "grown", new)
    for old, row in zip(before, after, strict=True):
        assert {key: row[key] for key in old} == old
    assert sum(row["heard"] == row["heard_answer"] for row in after) > 70
    report = json.loads(own_shell(*words[:4], tmp_path / "again", "--json").out)
    assert report["tasks"]["heard"]["verdict"] == "apart"
    assert report["command"].startswith("polytask add ")
    polytask("report", tmp_path / "grown").succeeds("^3 tasks", "heard")
    polytask("run", tmp_path / "grown", "--budget", "9m").refuses("polytask add", "--out DIR")


def test_what_cannot_be_added_is_refused(polytask, finished, new, untouched, tmp_path):
    untouched(tmp_path)
    run = finished / "run"
    out = ("--out", tmp_path / "x")
    polytask("add", run, finished / "rows.csv", *out).refuses("has a task 'mood' already", "init")
    polytask("add", run, new, "--out", run).refuses("holds a run already", "another --out")
    polytask("add", run, new, "--out", new).refuses("not an empty folder", "another --out")
    polytask("add", tmp_path, new, *out).refuses("is no run folder", "polytask runs")
    polytask("add", run, new, "--target", "herd", *out).refuses("'heard'")
    polytask("add", run, tmp_path / "none.csv", *out).refuses("none.csv")
    polytask("add", run, new, "--kind", "heard", *out).refuses("TARGET=KIND")
    polytask("add", run, new, "--out", "/proc/x").refuses("cannot be written", "--out")
