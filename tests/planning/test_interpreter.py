import contextlib
import sqlite3
import uuid

import pytest
from hypothesis import HealthCheck as Check
from hypothesis import given, settings
from hypothesis import strategies as st

from polytask._errors import ConfigError, OutputError, PlanError, RunError
from polytask.planning.budget import OutOfTime
from polytask.planning.interpreter import Limits, run

HEAD = (
    "from polytask.plan import (Equal, FineTune, Probe, combine, compare, finish, profile, say, "
    "seconds_left, tasks, train)\n"
)
PLAN = (
    HEAD
    + """t = tasks("tasks.yaml")
best = {}
for task in t:
    for recipe in [Probe(), FineTune(epochs=3, balancer=Equal())]:
        found = train([task], recipe)
        if task not in best or found["dev"][task] > best[task]["dev"][task]:
            best[task] = found
    say(f"{task}: {best[task]['recipe']}")
parts = {task: best[task]["part"] for task in t}
finish(combine(parts, parts))
"""
)


@pytest.fixture
def play(tmp_path, vocabulary, journal_of, recorder):
    """Runs a plan text in a new session of the same run; gives outcome, recorder, calls told."""

    def play(text, operations=None, limits=None, name="journal.sqlite"):
        operations = operations or recorder()
        path = tmp_path / "plan.py"
        path.write_text(text)
        told = []
        with journal_of(text, name) as journal:
            outcome = run(
                path,
                operations,
                journal,
                vocabulary=vocabulary,
                limits=limits,
                on_call=lambda *call: told.append(call),
            )
            return outcome, operations, told, journal.calls()

    return play


def test_a_plan_runs_to_its_end(play, recorder):
    operations = recorder(dev=lambda tasks, recipe: dict.fromkeys(tasks, len(recipe) / 100))
    outcome, operations, told, calls = play(PLAN, operations)
    assert outcome == type(outcome)("finished", 11, "")
    tuned = "FineTune(epochs=3, balancer=Equal())"
    singles = [((task,), recipe) for task in "ab" for recipe in ("Probe()", tuned)]
    assert operations.trained() == singles
    assert operations.said() == [f"a: {tuned}", f"b: {tuned}"]
    assert operations.log[-1] == ("finish", "model")
    assert [call.operation for call in calls] == ["tasks", *["train"] * 4, "combine", "finish"]
    assert told[1] == (6, "train", {"tasks": ["a"], "recipe": "Probe()"}, False)


def test_a_second_session_asks_nothing_again(play):
    first = play(PLAN)
    again, operations, told, calls = play(PLAN)
    assert again.status == "finished"
    assert operations.log == []
    assert [(*call[:3], True) for call in first[2]] == told
    assert calls == first[3]


def test_an_edited_end_runs_only_what_changed(play):
    play(PLAN)
    edited = PLAN.replace("parts = {", 'train(t, Probe())\nsay("joint")\nparts = {')
    _, operations, _, _ = play(edited)
    assert operations.trained() == [(("a", "b"), "Probe()")]
    assert operations.said() == ["joint"]


def test_an_edited_text_of_say_trains_nothing_again(play):
    play(PLAN)
    _, operations, _, _ = play(PLAN.replace('say(f"{task}', 'say(f"task {task}'))
    assert operations.log == [("say", "task a: Probe()"), ("say", "task b: Probe()")]


def test_failed_and_unaffordable_candidates_are_values(play, recorder):
    text = (
        HEAD
        + """t = tasks()
for epochs in (1, 2, 9):
    found = train(t, FineTune(epochs=epochs))
    say(f"{epochs} {found['status']} {found['reason']}")
"""
    )
    operations = recorder(
        dev=lambda _, recipe: None if "=2" in recipe else {"a": 1.0},
        cost=lambda _, recipe: 100.0 if "=9" in recipe else 1.0,
        budget=50.0,
    )
    outcome, operations, _, _ = play(text, operations)
    assert operations.said() == ["1 done ", "2 failed not enough rows", "9 no time too long"]
    assert outcome.status == "unfinished"
    assert "without calling finish" in outcome.message


def test_errors_of_operations_can_be_caught_and_replay_the_same(play):
    text = (
        HEAD
        + """t = tasks()
try:
    train(["c"], Probe())
except ValueError as error:
    say(f"caught {error}")
try:
    train("a", Probe())
except TypeError as error:
    say(f"caught {error}")
try:
    train(["a"], "Prob()")
except ValueError as error:
    say(f"caught {error}")
train(["c"], Probe())
"""
    )
    outcome, operations, _, _ = play(text)
    said = operations.said()
    assert said[0] == "caught Unknown task 'c'"
    assert "is a list of names such as ['intent']; found 'a'" in said[1]
    assert "did you mean 'Probe'" in said[2]
    assert (outcome.status, outcome.line) == ("failed", 15)
    assert outcome.message == "plan.py:15: ValueError: Unknown task 'c'"
    assert play(text)[0] == outcome


@pytest.mark.parametrize(
    ("raised", "seen"), [(ConfigError, "ValueError"), (RunError, "RuntimeError")]
)
def test_errors_of_the_house_reach_the_plan_as_built_in_ones(play, recorder, raised, seen):
    def fail(*_):
        raise raised("because")

    outcome, *_ = play(HEAD + 'train(["a"], Probe())\n', recorder(dev=fail))
    assert outcome.message == f"plan.py:2: {seen}: because"


@pytest.mark.parametrize("raised", [OutputError, KeyError, KeyboardInterrupt])
def test_faults_of_the_host_go_through_and_leave_the_operation_open(play, recorder, raised):
    def fail(*_):
        raise raised("disk")

    text = HEAD + 'try:\n    train(["a"], Probe())\nexcept Exception:\n    pass\n'
    with pytest.raises(raised, match="disk"):
        play(text, recorder(dev=fail))
    assert [call.state for call in play(text)[3]] == ["done"]


def test_the_end_of_the_budget_cannot_be_caught_and_is_a_fact(play, recorder):
    text = HEAD + "try:\n    seconds_left()\nexcept BaseException:\n    say('caught')\nsay('on')\n"
    outcome, operations, _, calls = play(text, recorder(budget=0))
    assert (outcome.status, outcome.line) == ("out of time", 3)
    assert operations.said() == []
    assert [call.state for call in calls] == ["stopped"]
    assert play(text)[0] == outcome  # though there would be time now


def test_a_model_that_was_named_stays_named(play):
    outcome, _, _, calls = play(HEAD + "finish('m')\n1 / 0\n")
    assert outcome.status == "finished"
    assert "ZeroDivisionError" in outcome.message
    assert calls[-1].operation == "finish"


def test_finish_is_called_once(play):
    outcome, operations, _, _ = play(HEAD + "finish('m')\nfinish('n')\n")
    assert operations.log == [("finish", "m")]
    assert "once" in outcome.message


def test_print_is_said(play):
    text = HEAD + 'print("one", 2)\ntasks()\nprint("no end", end="")\nprint("")\n'
    assert play(text)[1].said() == ["one 2", "no end"]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("while True:\n    pass\n", "computed too long"),
        (
            "try:\n    while True:\n        pass\nexcept BaseException:\n    pass\n",
            "computed too long",
        ),
        ("x = [0]\nwhile True:\n    x = x + x\n", "memory"),
        ("def f(n):\n    return f(n + 1)\nf(0)\n", "RecursionError"),
        ("while True:\n    tasks()\n", "more operations and recipes than it may: 60"),
        ("1 / 0\n", "ZeroDivisionError"),
        ("open('x')\n", "PlanError"),
    ],
)
def test_plans_that_go_astray_end_as_outcomes(play, code, message):
    limits = Limits(turn_seconds=0.3, memory=10_000_000, recursion=100, calls=60)
    if message == "PlanError":
        with pytest.raises(PlanError, match="no files"):
            play(HEAD + code, limits=limits)
        return
    outcome, *_ = play(HEAD + code, limits=limits)
    assert outcome.status == "failed"
    assert message in outcome.message
    assert outcome.message.startswith(f"plan.py:{outcome.line}: ")


def test_a_plan_with_other_calls_and_the_same_text_is_refused(play, recorder, tmp_path):
    text = HEAD + "for task in tasks():\n    train([task], Probe())\n"
    play(text, recorder(names=["a"]))
    connection = sqlite3.connect(tmp_path / "journal.sqlite")
    connection.execute("UPDATE calls SET output = '[\"b\"]' WHERE seq = 0")
    connection.commit()
    connection.close()
    with pytest.raises(PlanError, match=r"not deterministic.*train\(recipe='Probe\(\)', tasks="):
        play(text)


class Crash:
    """Kills the process at one moment of the n-th training: before, in, or after it."""

    def __init__(self, operations, at, moment, killed):
        self.operations, self.at, self.moment, self.killed = operations, at, moment, killed

    def __getattr__(self, name):
        return getattr(self.operations, name)

    def train(self, tasks, recipe):
        self.at -= 1
        if self.at == 0 and self.moment == "in":
            raise self.killed
        found = self.operations.train(tasks, recipe)
        if self.at == 0 and self.moment == "after":
            raise self.killed
        return found


@pytest.mark.parametrize("moment", ["before", "in", "after", "written"])
@pytest.mark.parametrize("at", [1, 2, 4])
def test_a_run_killed_anywhere_ends_like_an_undisturbed_one(
    play, recorder, killed, monkeypatch, moment, at
):
    undisturbed = play(PLAN, name="undisturbed.sqlite")
    if moment in ("before", "written"):
        _kill_on_write(monkeypatch, killed, at, moment)
    with pytest.raises(killed):
        play(PLAN, Crash(recorder(), at, moment, killed))
    monkeypatch.undo()
    outcome, operations, _, calls = play(PLAN)
    assert outcome == undisturbed[0]
    assert [call[:6] for call in calls] == [call[:6] for call in undisturbed[3]]
    finished = at if moment == "written" else at - 1
    assert len(operations.trained()) == 4 - finished


def _kill_on_write(monkeypatch, killed, at, moment):
    from polytask.planning.journal import Journal

    write, seen = Journal._write, [0]
    begins = "INSERT OR REPLACE INTO calls" if moment == "before" else "UPDATE calls SET state"

    def dying(journal, statement, values):
        seen[0] += statement.startswith(begins)
        if seen[0] == at + 1 and statement.startswith(begins):  # the first is `tasks`
            if moment == "written":
                write(journal, statement, values)
            raise killed
        write(journal, statement, values)

    monkeypatch.setattr(Journal, "_write", dying)


STEPS = st.recursive(
    st.sampled_from(
        [
            "train([t[0]], Probe())",
            "train(t, FineTune(epochs=n))",
            "profile(t[-1])",
            "seconds_left()",
            "say(str(n))",
            "n = n + 1",
            "import random\nn = random.randint(1, 3)",
        ]
    ),
    lambda inner: st.builds(
        lambda head, body: head + "\n" + "\n".join("    " + line for line in body.splitlines()),
        st.sampled_from(["for n in range(3):", "if n % 2:", "for task in {'x', 'y'}:"]),
        st.lists(inner, min_size=1, max_size=3).map("\n".join),
    ),
    max_leaves=8,
)


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[Check.function_scoped_fixture])
@given(st.lists(STEPS, min_size=1, max_size=4).map("\n".join), st.integers(1, 6))
def test_any_plan_gives_the_same_journal_twice_and_after_a_kill(play, recorder, killed, steps, at):
    text = f"{HEAD}t = tasks()\nn = 1\n{steps}\n"
    first, second = (play(text, name=f"{uuid.uuid4()}.sqlite") for _ in range(2))
    assert [call[:6] for call in first[3]] == [call[:6] for call in second[3]]
    assert first[1].log == second[1].log
    name = f"{uuid.uuid4()}.sqlite"
    with contextlib.suppress(killed):
        play(text, Crash(recorder(), at, "in", killed), name=name)
    resumed = play(text, name=name)
    assert [call[:6] for call in resumed[3]] == [call[:6] for call in first[3]]
    assert resumed[0] == first[0]


def test_out_of_time_is_not_an_error_of_the_house():
    assert not issubclass(OutOfTime, (ValueError, RuntimeError))


# Values of unknown type, as `json` gives them, pass the type check: the host looks again.
@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("train(['a'], json.loads('3'))", "`recipe` of train is a text; found 3"),
        ("train(json.loads('[1]'), Probe())", "is a list of names such as ['intent']; found [1]"),
        ("compare('p', json.loads('[]'))", "`controls` of compare is a dict by task; found []"),
        ("compare('p', eval('{1: {2}}'))", "compare takes plain data"),
        ("finish(*json.loads('[1, 2, 3]'))", "too many positional arguments"),
        ("FineTune(*json.loads('[3]'))", "FineTune takes its arguments by name"),
        ("FineTune(**json.loads('{\"epoch\": 3}'))", "did you mean 'epochs'"),
    ],
)
def test_arguments_are_looked_at_again_when_the_plan_runs(play, call, message):
    outcome, operations, _, _ = play(HEAD + f"import json\n{call}\n")
    assert (outcome.status, outcome.line) == ("failed", 3)
    assert message in outcome.message
    assert operations.log == []


def test_a_sandbox_that_dies_is_an_outcome(play, recorder):
    import psutil

    def kill(*_):
        for child in psutil.Process().children():
            if "monty" in child.name():
                child.kill()
        return {"a": 0.5}

    outcome, _, _, calls = play(HEAD + "train(['a'], Probe())\n", recorder(dev=kill))
    assert outcome.status == "failed"
    assert "sandbox died" in outcome.message
    assert calls[0].state == "done"


def test_a_flood_of_printed_lines_is_cut(play):
    _, operations, _, _ = play(HEAD + "for n in range(1100):\n    print(n)\n")
    assert len(operations.said()) == 1000


def test_programs_in_the_full_sense_run(play):
    text = (
        HEAD
        + '''t = tasks()


def halves(names):
    """Recursion over groups of tasks."""
    if len(names) > 1:
        middle = len(names) // 2
        halves(names[:middle])
        halves(names[middle:])
    train(names, Probe())


halves(t)
queue, steps = [3], 0  # a Collatz plan: does it halt?
while queue:
    n = queue.pop()
    steps += 1
    if n != 1:
        queue.append(n // 2 if n % 2 == 0 else 3 * n + 1)
say(f"halted after {steps} steps")
plan = "train(['b'], FineTune(epochs=" + str(steps) + "))"
eval(plan)  # a plan that writes a plan
'''
    )
    outcome, operations, told, _ = play(text)
    assert outcome.status == "unfinished"
    assert operations.trained() == [
        (("a",), "Probe()"),
        (("b",), "Probe()"),
        (("a", "b"), "Probe()"),
        (("b",), "FineTune(epochs=8)"),
    ]
    assert operations.said() == ["halted after 8 steps"]
    assert told[-1][0] == 21  # what is evaluated has no line: the last one known
