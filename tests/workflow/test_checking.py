from __future__ import annotations

from pathlib import Path

import pytest

from polytask._errors import ConfigError, PlanError
from polytask.workflow.checking import check_plan, task_source

PLAN = Path("plan.py")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('tasks("a/b.yaml")', "a/b.yaml"),
        ('t = tasks(source="../x.yaml")', "../x.yaml"),
        ("for name in tasks(): pass", "tasks.yaml"),
        ('tasks("x.yaml")\ntasks("x.yaml")', "x.yaml"),
        ('# tasks("other.yaml")\ntasks("x.yaml")', "x.yaml"),
    ],
)
def test_the_task_file_of_a_plan_is_found(text, named):
    assert task_source(text, PLAN) == named


@pytest.mark.parametrize(
    "text", ['tasks("a.yaml")\ntasks("b.yaml")', "finish(model)", "tasks(name)", "other.tasks()"]
)
def test_a_plan_names_its_task_set_once_and_plainly(text):
    with pytest.raises(PlanError, match=r'plan.py: a plan names its task set once, as tasks\("'):
        task_source(text, PLAN)


def test_what_is_no_python_is_refused_with_its_line():
    with pytest.raises(PlanError, match=r"plan\.py:2:"):
        task_source("x = 1\ny = = 2", PLAN)


WHOLE = """from polytask.plan import FineTune, combine, finish, tasks, train
t = tasks("tasks.yaml")
part = train(["mood"], FineTune(epochs=1))["part"]
finish(combine({"mood": part}, {"mood": part}))
"""


def test_tasks_of_candidates_are_known_too(plan):
    wrong = WHOLE.replace("tasks, train", "tasks, train_all").replace(
        'train(["mood"], FineTune(epochs=1))',
        'train_all([{"tasks": ["mood", "moood"], "recipe": FineTune(epochs=1)}])[0]',
    )
    plan.write_text(wrong, encoding="utf-8")
    with pytest.raises(PlanError, match=r"plan\.py:3:38: there is no task 'moood'.*'mood'"):
        check_plan(plan)
    plan.write_text(wrong.replace(', "moood"', ""), encoding="utf-8")
    check_plan(plan)


@pytest.fixture
def plan(tmp_path):
    text = "tasks:\n  mood: {data: rows.csv, target: mood}\n"  # the data are not read
    (tmp_path / "tasks.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "plan.py"


def test_recipes_are_checked_against_those_that_are_registered(plan):
    plan.write_text("from polytask.plan import FineTun\n", encoding="utf-8")
    with pytest.raises(PlanError, match=r"plan\.py:1:.*FineTun.*'FineTune'"):
        check_plan(plan)
    for text in (WHOLE, WHOLE.replace("finish", "finish as end", 1).replace("finish(", "end(")):
        plan.write_text(text, encoding="utf-8")
        check_plan(plan)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("finish(combine", "(combine", r"plan\.py: the plan never calls finish\(model\)"),
        ('["mood"]', '["mod"]', r"plan\.py:3:15: there is no task 'mod': did you mean 'mood'"),
    ],
)
def test_what_no_run_could_end_well_with_is_refused(plan, old, new, message):
    plan.write_text(WHOLE.replace(old, new), encoding="utf-8")
    with pytest.raises(PlanError, match=message):
        check_plan(plan)


def test_a_task_file_that_is_not_there_is_said(plan):
    plan.write_text(WHOLE.replace("tasks.yaml", "others.yaml"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"no task file .*others\.yaml"):
        check_plan(plan)
