from __future__ import annotations

import pytest

from polytask._errors import PlanError
from polytask.planning.chat import Answer, NoAnswer
from polytask.planning.writers.drafting import Brief, checked, code, facts, question


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("x = 1", "x = 1\n"),
        ("```\nx = 1\n```", "x = 1\n"),
        ("Use `x`:\n```py\nx\n```\nor\n```python\nx = 1\ny = 2\n```", "x = 1\ny = 2\n"),
        ("```python\nx = 1", "x = 1\n"),
        ("", "\n"),
    ],
)
def test_the_code_is_the_longest_block(answer, text):
    assert code(answer) == text


def test_faults_go_back_until_a_text_passes_or_three_repairs_are_made():
    turns = []

    def ask(messages):
        turns.append(list(messages))
        return Answer(f"{len(turns)}", 10, 1, 0.1)

    def check(text):
        if text != "3\n":
            raise PlanError(f"plan.py:1:1: {text.strip()} is not 3")

    found = checked(ask, [{"role": "user", "content": "three?"}], check)
    assert (found.text, found.status, len(found.answers)) == ("3\n", "done", 3)
    assert [one["role"] for one in turns[-1]] == ["user", *["assistant", "user"] * 2]
    assert "2 is not 3" in turns[-1][-1]["content"]
    failed = checked(lambda _: Answer("5", 10, 1, 0.1), [], check)
    assert (failed.text, failed.status, len(failed.answers)) == ("", "wrong", 4)
    assert "5 is not 3" in failed.reason


def test_no_answer_is_told_with_its_reason():
    def ask(_):
        raise NoAnswer("silence")

    found = checked(ask, [], print)
    assert (found.status, found.reason, found.answers) == ("no answer", "silence", ())


def test_a_question_holds_goal_figures_and_only_rows_that_are_given(task):
    one = task("mood", classes=3, unseen=("only-in-test",))
    asked = question(Brief("tasks.yaml", [one], "moods first"), "the words", 30.0)
    told = asked[1]["content"]
    assert "the words" in asked[0]["content"]
    assert "moods first" in told
    assert '"name": "mood"' in told
    assert "only-in-test" not in told
    assert "training rows" not in told
    rows = {"mood": [{"text": "fine", "mood": "good"}]}
    again = question(Brief("tasks.yaml", [one], rows=rows), "", 30.0, "x = 1\n", "it broke")
    assert "fine" in again[1]["content"]
    assert "x = 1" in again[1]["content"]
    assert "it broke" in again[1]["content"]


def test_labels_are_told_up_to_a_number(task):
    assert len(facts(task("mood", classes=500))["labels"]) == 50
    assert "labels" not in facts(task("score", kind="regression", classes=0, target_mean=1.0))
