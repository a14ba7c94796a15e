"""Verdicts in words."""

import re
from dataclasses import replace

import pytest

from polytask.evaluation.rendering.verdicts import verdict_class, verdict_word
from polytask.evaluation.report import VERDICTS, TaskReport


def test_apart_is_said_only_where_others_share(nine, single):
    assert verdict_word(nine, TaskReport("a", "b", verdict="apart")) == "kept apart"
    assert verdict_word(single, single.tasks["intent"]) == "alone"
    assert verdict_word(replace(single, model=None), single.tasks["intent"]) == "alone"


def test_a_task_that_helps_another_is_kept_apart_itself(single):
    tasks = {"b": TaskReport("a", "b", learned_with=("intent",)), **single.tasks}
    assert verdict_word(replace(single, tasks=tasks), single.tasks["intent"]) == "kept apart"


def test_failed_and_uncompared_tasks_have_words(nine):
    assert verdict_word(nine, nine.tasks["broken"]) == "failed"
    assert verdict_word(nine, TaskReport("a", "b")) == "no control"


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_has_a_colour_in_the_page_style(verdict):
    from polytask.evaluation.rendering.page import _style

    found = verdict_class(TaskReport("a", "b", verdict=verdict))
    assert re.search(rf"\.{found}[ ,]", _style())
