from __future__ import annotations

import json

import pytest

from polytask._errors import OutputError
from polytask.evaluation.report import Candidate, Report, TaskReport, write
from polytask.planning.journal import Journal
from polytask.workflow.folder import RunFolder
from polytask.workflow.tree import tree

PART = {"mood": "a" * 32, "base": "b" * 32, "after": "c" * 32, "both": "d" * 32}


def trained(recipe: str, tasks: list[str], **more):
    usual = {"part": "", "status": "done", "reason": "", "dev": {}, "seconds": 1.0}
    return {"recipe": recipe, "tasks": tasks, **usual, **more}


@pytest.fixture
def folder(tmp_path):
    made = RunFolder(tmp_path / "run")
    made.path.mkdir()
    made.marker.write_text(json.dumps({"format": 1, "state": "started", "budget_seconds": 300.0}))
    with Journal.open(made.journal, meta={"plan": ""}) as journal:

        def train(tasks, recipe, answer, **more):
            journal.call("train", {"tasks": tasks, "recipe": recipe, **more}, lambda: answer)

        dev = {"mood": 0.5}
        train(["mood"], "Probe()", trained("Probe()", ["mood"], part=PART["mood"], dev=dev))
        found = trained("FineTune()", ["films"], part=PART["base"])
        train(["films"], "FineTune()", found)
        found = trained("Probe()", ["mood"], part=PART["after"], dev={"mood": 0.625})
        train(["mood"], "Probe()", found, start=PART["base"])
        found = trained("FineTune()", ["mood", "day"], part=PART["both"], dev={"mood": 0.75})
        train(["mood", "day"], "FineTune()", found)
        for gain in (0.1, 0.25):
            answer = {"mood": {"gain": gain, "low": 0.0, "high": 0.4, "verdict": "better"}}
            asked = {"shared": PART["both"], "controls": {"mood": PART["mood"], "n": str(gain)}}
            journal.call("compare", asked, lambda answer=answer: answer)
        late = trained("FineTune(epochs=9)", ["day"], status="no time", reason="9 s are left")
        train(["day"], "FineTune(epochs=9)", late)
        child = {"status": "refused", "reason": "line 3", "dev": {}, "seconds": 0.0}
        journal.call("try_plan", {"text": "x", "seconds": 30.0}, lambda: child)
    return made


def test_what_starts_from_another_stands_below_it_and_the_last_comparison_counts(folder):
    root = tree(folder.path)
    assert root.title == "run: started"
    titles = [node.title for node in root.children]
    assert titles[:3] == ["mood: Probe", "films: FineTune", "mood + day: FineTune"]
    assert [node.title for node in root.children[1].children] == ["mood: Probe"]
    (held,) = root.children[2].children
    assert held.figures == "mood +25.0 (better)"
    assert root.children[0].figures.startswith("mood 50.0, ")


def test_what_came_to_nothing_says_why(folder):
    late, child = tree(folder.path).children[3:]
    assert (late.failed, late.reason, late.figures) == (True, "9 s are left", "no time")
    assert (child.failed, child.title, child.reason) == (True, "child plan: refused", "line 3")


def test_plans_of_a_language_model_stand_below_those_that_they_were_made_of(tmp_path):
    made = RunFolder(tmp_path / "run")
    made.path.mkdir()
    made.marker.write_text(json.dumps({"format": 1, "state": "started", "budget_seconds": 300.0}))
    sound = {"status": "finished", "reason": "", "model": "m", "dev": {"mood": 0.5}, "seconds": 2.0}
    broken = {"status": "failed", "reason": "line 3", "model": "", "dev": {}, "seconds": 1.0}
    moves = [
        ("", "first", sound),
        ("", "second", broken),  # of another kind
        ("second", "mended", sound),
        ("mended", "better", sound),
        ("first", "", None),  # nothing came
    ]
    with Journal.open(made.journal, meta={"plan": ""}) as journal:
        for text, written, came in moves:
            status = "done" if written else "wrong"
            facts = {"status": status, "reason": "" if written else "4 answers", "repairs": 3}
            told = {**facts, "text": written, "tokens": 1200, "seconds": 4.0}
            asked = {"seconds": 9.0, "text": text, "found": written}
            journal.call("draft", asked, lambda told=told: told)
            if came:
                arguments = {"text": written, "seconds": 30.0}
                journal.call("try_plan", arguments, lambda came=came: came)
    first, second = tree(made.path).children
    assert (first.title, second.title) == ("drafted plan: finished", "drafted plan: failed")
    (mended,) = second.children
    assert mended.title == "repaired plan: finished"
    assert [node.title for node in mended.children] == ["improved plan: finished"]
    (nothing,) = first.children
    assert (nothing.title, nothing.failed) == ("improved plan: wrong", True)
    assert (nothing.reason, nothing.figures) == ("4 answers", "1,200 tokens, 4.0 s")


def test_a_finished_run_says_what_became_of_each_and_keeps_the_metric(folder):
    one = Candidate("Probe() · mood", ("mood",), "Probe()", chosen=("mood",), control=("mood",))
    tasks = {"mood": TaskReport("regression", "mae")}
    write(Report(0, 300.0, tasks, candidates=(one,)), folder.report)
    node = tree(folder.path).children[0]
    assert (node.delivered, node.control) == (("mood",), ("mood",))
    assert node.figures.startswith("mood 0.500")


def test_without_a_run_or_a_journal_the_way_out_is_told(tmp_path):
    with pytest.raises(OutputError, match="no run folder"):
        tree(tmp_path)
    (tmp_path / "run.json").write_text('{"format": 1, "budget_seconds": 5.0}')
    with pytest.raises(OutputError, match="polytask run"):
        tree(tmp_path)
