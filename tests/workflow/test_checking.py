from __future__ import annotations

from pathlib import Path

import pytest

from polytask._errors import PlanError
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


def test_recipes_are_checked_against_those_that_are_registered(tmp_path):
    path = tmp_path / "plan.py"
    path.write_text("from polytask.plan import FineTun\n", encoding="utf-8")
    with pytest.raises(PlanError, match=r"plan\.py:1:.*FineTun.*'FineTune'"):
        check_plan(path)
    path.write_text("from polytask.plan import FineTune\nFineTune(epochs=1)\n", encoding="utf-8")
    check_plan(path)
