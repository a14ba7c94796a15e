from __future__ import annotations

import pytest

from polytask.planning.budget import parse
from polytask.planning.checks import check_text
from polytask.planning.interpreter import run
from polytask.planning.writers.proposing import STEPS_HERE, with_drafts
from polytask.planning.writers.rules import write

CHILD = """\
from polytask.plan import Probe, combine, finish, tasks, train

t = tasks("tasks.yaml")
parts = {task: train([task], Probe())["part"] for task in t}
finish(combine(parts, parts))
"""
STRANGE = 'x = """\\n{not a field}\\n"""  # "quotes", \'quotes\' and \\ backslashes\n'


def plan_of(profile, task, encoders=("text", "image")):
    found = profile(task("a", table="one"), task("b", table="one"))
    return write(found, budget=parse("5m"), encoders=encoders)


@pytest.mark.parametrize("encoders", [("text", "image"), ()])
@pytest.mark.parametrize("text", ["", CHILD, STRANGE])
def test_the_plan_with_drafts_in_it_passes_the_check(profile, task, vocabulary, encoders, text):
    plain = plan_of(profile, task, encoders)
    plan = with_drafts(plain, text)
    check_text(plan, vocabulary)
    assert plan.count("\nfinish(") + plan.count("    finish(") == 1
    assert plan.index("in QUICK:") < plan.index("SHARE = ") < plan.index("\ncontrols = {")
    assert all(line in plan for line in plain.splitlines() if not line.startswith("from"))


def test_a_plan_that_is_there_stands_in_it_as_it_was_written(profile, task):
    plan = with_drafts(plan_of(profile, task), STRANGE)
    drafted = plan[plan.index("DRAFT = (") + len("DRAFT = ") :]
    assert eval(drafted[: drafted.index("\n)\n") + 2]) == STRANGE
    assert "draft(" not in plan.replace("with_drafts", "")


def test_a_model_on_this_machine_is_asked_once_with_all_the_time(profile, task, vocabulary):
    plan = with_drafts(plan_of(profile, task), steps=STEPS_HERE)
    check_text(plan, vocabulary)
    assert "\nPROPOSALS = [1]" in plan
    assert "\nPROPOSALS = [4, 3, 2, 1]" in with_drafts(plan_of(profile, task))


class Drafting:
    """A recorder with a language model: answers by number, tries with an invented result."""

    def __init__(self, recorder, answers):
        self.recorder, self.answers, self.drafts, self.tries = recorder, list(answers), [], []

    def __getattr__(self, name):
        return getattr(self.recorder, name)

    def seconds_left(self):
        return 300.0

    def draft(self, seconds, text="", found=""):
        self.drafts.append((seconds, text, found))
        said = self.answers.pop(0) if self.answers else None
        status = "done" if said else "no answer"
        return {"text": said or "", "status": status, "reason": "silence"} | {
            "repairs": 0,
            "tokens": 0,
            "seconds": 0.0,
        }

    def try_plan(self, text, seconds):
        self.tries.append((text, seconds))
        worth = float(text)
        made = {task: self.recorder.train([task], "Probe()", repeat=0) for task in "ab"}
        parts = {task: one["part"] for task, one in made.items()} if worth else {}
        return {
            "status": "finished" if worth else "failed",
            "reason": "" if worth else "it broke",
            "model": "model-1" if worth else "",
            "parts": parts,
            "controls": parts,
            "dev": dict.fromkeys(parts, worth),
            "seconds": 1.0,
        }


@pytest.fixture
def play(tmp_path, vocabulary, journal_of, profile, task, recorder):
    def play(answers):
        text = with_drafts(plan_of(profile, task))
        path = tmp_path / "plan.py"
        path.write_text(text)
        operations = Drafting(recorder(), answers)
        with journal_of(text) as journal:
            outcome = run(path, operations, journal, vocabulary=vocabulary)
        return outcome, operations

    return play


def test_what_failed_is_repaired_another_kind_asked_for_and_the_best_improved(play):
    outcome, operations = play(["0.0", "0.9", "0.5", "0.7"])
    assert outcome.status == "finished"
    seconds = [one[0] for one in operations.drafts]
    assert seconds == [11.25, 15.0, 22.5, 45.0]  # half of a fourth, …, of all of 90 seconds
    assert [one[1] for one in operations.drafts] == ["", "0.0", "", "0.9"]
    assert "it broke" in operations.drafts[1][2]
    assert "it broke" in operations.drafts[2][2]
    assert "0.9" in operations.drafts[2][2]  # what was tried, so that another kind is written
    assert "0.9" in operations.drafts[3][2]
    assert [one[0] for one in operations.tries] == ["0.0", "0.9", "0.5", "0.7"]


@pytest.mark.parametrize("answers", [[], ["0.9", "0.9"]])
def test_silence_and_repetition_end_the_asking(play, answers):
    outcome, operations = play(answers)
    assert outcome.status == "finished"
    assert len(operations.tries) == len(set(answers))
    assert len(operations.drafts) == len(answers) or not answers
