from __future__ import annotations

import json

import pytest

import polytask
from polytask.workflow.children import is_lost, of_call, spread
from polytask.workflow.folder import RunFolder
from polytask.workflow.trainings import trainings

ROWS = [
    {"text": f"{word} day number {i}", "mood": word, "day": day}
    for i in range(20)
    for word in ("good", "bad")
    for day in ("mon", "tue")
]
CHILD = """\
from polytask.plan import TfidfLinear, combine, finish, tasks, train

t = tasks("tasks.yaml")
found = {task: train([task], TfidfLinear(strength=CHOSEN))["part"] for task in t}
finish(combine(found, found))
"""
PARENT = f"""\
from polytask.plan import TfidfLinear, combine, finish, say, tasks, train, try_plan

t = tasks("tasks.yaml")
own = {{task: train([task], TfidfLinear()) for task in t}}
parts = {{task: own[task]["part"] for task in t}}
CHILD = {CHILD!r}
model = ""
for chosen in [0.3, 3.0]:
    found = try_plan(CHILD.replace("CHOSEN", str(chosen)), 30.0)
    say(found["status"] + " " + found["reason"])
    if found["model"] and all(found["dev"][task] >= own[task]["dev"][task] for task in t):
        model = found["model"]
finish(model or combine(parts, parts))
"""


@pytest.fixture
def run(tmp_path):
    def run(plan: str, **options):
        data = tmp_path / "rows.jsonl"
        data.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
        (tmp_path / "tasks.yaml").write_text(
            "tasks:\n  mood: {data: rows.jsonl, target: mood}\n"
            "  day: {data: rows.jsonl, target: day}\n",
            encoding="utf-8",
        )
        path = tmp_path / "plan.py"
        path.write_text(plan, encoding="utf-8")
        return polytask.run(path, budget="2m", out=tmp_path / "run", fresh=True, **options)

    return run


@pytest.mark.slow
def test_a_plan_takes_the_model_of_its_child_when_that_is_no_worse(run, tmp_path):
    result = run(PARENT)
    assert result.report.said == ("finished ", "finished ")
    tried = {one.recipe: one for one in result.report.candidates if one.tasks == ("mood",)}
    assert set(tried) == {"TfidfLinear()", "TfidfLinear(strength=0.3)", "TfidfLinear(strength=3.0)"}
    assert tried["TfidfLinear(strength=3.0)"].chosen == ("mood",)
    assert tried["TfidfLinear(strength=3.0)"].line == 9  # the call of the child
    assert any(line.found.startswith("child plan: finished") for line in result.report.plan.lines)
    assert len(list((tmp_path / "run" / "children").iterdir())) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("child", "status", "reason"),
    [
        ("from polytask.plan import tran", "refused", "tran"),
        ("x = 1 / 0", "failed", "division"),
        ("while True:\n    pass", "failed", "loop for ever"),
        ("x = 1", "unfinished", "without calling finish"),
    ],
)
def test_a_bad_child_is_a_value(run, child, status, reason):
    plan = f"""\
from polytask.plan import TfidfLinear, combine, finish, say, tasks, train, try_plan

t = tasks("tasks.yaml")
found = try_plan({child!r}, 6.0)
say(found["status"] + ": " + found["reason"])
say(str([found["model"], found["parts"], found["dev"]]))
parts = {{task: train([task], TfidfLinear())["part"] for task in t}}
finish(combine(parts, parts))
"""
    said = run(plan).report.said
    assert said[0].startswith(f"{status}: ")
    assert reason in said[0]
    assert said[1] == "['', {}, {}]"


@pytest.mark.slow
def test_what_a_child_trained_is_delivered_when_nobody_names_a_model(run):
    plan = PARENT.rsplit("finish(", 1)[0] + "if not model:\n    finish(model)\n"
    result = run(plan)
    chosen = {task: one.recipe for one in result.report.candidates for task in one.chosen}
    assert set(chosen) == {"mood", "day"}
    assert "without calling finish" in " ".join(result.report.warnings)


@pytest.mark.slow
def test_a_share_above_what_is_left_is_not_started_and_a_tiny_one_refused(run):
    plan = """\
from polytask.plan import TfidfLinear, combine, finish, say, tasks, train, try_plan

t = tasks("tasks.yaml")
say(try_plan("x = 1", 1e6)["status"])
try:
    try_plan("x = 1", 0.5)
except ValueError as error:
    say(str(error))
parts = {task: train([task], TfidfLinear())["part"] for task in t}
finish(combine(parts, parts))
"""
    said = run(plan).report.said
    assert said == ("no time", "the share of a child plan is 5 s or more; found 0.5")


@pytest.mark.slow
def test_a_run_killed_in_a_child_goes_on_within_it(run, tmp_path, monkeypatch):
    from polytask.workflow.host import HostOperations

    train, done = HostOperations.train, []

    def killed(self, *args, **more):
        if len(done) == 3:  # the first task of the first child is done
            raise KeyboardInterrupt
        done.append(args or more)
        return train(self, *args, **more)

    with monkeypatch.context() as patch:
        patch.setattr(HostOperations, "train", killed)
        with pytest.raises(KeyboardInterrupt):
            run(PARENT)
    left: list[str] = []
    monkeypatch.setattr(
        HostOperations, "train", lambda *a, **k: (left.append(k["recipe"]), train(*a, **k))[1]
    )
    result = polytask.run(tmp_path / "run")
    assert left == [
        "TfidfLinear(strength=0.3)",
        "TfidfLinear(strength=3.0)",
        "TfidfLinear(strength=3.0)",
    ]
    assert result.report.said == ("finished ", "finished ")


@pytest.mark.slow
def test_the_operations_of_children_come_with_those_of_the_plan(run, tmp_path):
    run(PARENT)
    from contextlib import closing

    from polytask.planning.journal import Journal

    folder = RunFolder(tmp_path / "run")
    with closing(Journal.open(folder.journal, meta={})) as journal:
        calls = journal.calls()
    everything = spread(folder, calls)
    assert len(trainings(calls)) == 2
    assert len(trainings(everything)) == 6
    assert [call.operation for call in everything].count("finish") == 1
    child = next(call for call in calls if call.operation == "try_plan")
    part = trainings(of_call(folder, child))[0].part
    assert not is_lost(folder, child)
    (folder.parts / part).rename(tmp_path / "away")
    assert is_lost(folder, child)
