"""`polytask tree`: text, JSON and a page; nothing is overwritten."""

from __future__ import annotations

import json

import pytest


@pytest.mark.slow
def test_tree_of_a_run(polytask, tmp_path):
    rows = [{"text": f"{w} day {i}", "mood": w} for i in range(20) for w in ("good", "bad")]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "plan.py").write_text(
        "from polytask.plan import TfidfLinear, combine, finish, tasks, train\n"
        't = tasks("tasks.yaml")\n'
        'parts = {task: train([task], TfidfLinear())["part"] for task in t}\n'
        "finish(combine(parts, parts))\n"
    )
    (tmp_path / "tasks.yaml").write_text("tasks: {mood: {data: rows.jsonl, target: mood}}\n")
    run = tmp_path / "run"
    polytask("run", tmp_path / "plan.py", "--out", run, "--quiet").succeeds("mood")
    polytask("tree", run).succeeds("run: finished", "mood: TfidfLinear", "delivered: mood")
    shown = polytask("tree", run, "--json")
    assert json.loads(shown.out)["children"][0]["delivered"] == ["mood"]
    page = tmp_path / "tree.html"
    polytask("tree", run, "--html", page).succeeds("wrote")
    assert "TfidfLinear" in page.read_text(encoding="utf-8")
    told = "exists and was not touched: choose another --html"
    polytask("tree", run, "--html", page).refuses(told)
    polytask("diff", run, run).succeeds("The plans are equal", "TfidfLinear")
    polytask("tree", tmp_path / "none").refuses("no run folder")
