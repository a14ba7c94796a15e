"""The plan."""

from dataclasses import replace

from polytask.evaluation.rendering.sections.program import section
from polytask.evaluation.report import PlanReport


def test_every_line_stands_with_its_cost_and_findings(nine):
    drawn = section(nine)
    assert drawn.count("<tr>") == len(nine.plan.text.rstrip("\n").split("\n"))
    row = next(row for row in drawn.split("<tr>") if "nine tasks on six tables" in row)
    assert "t = tasks(&quot;tasks.yaml&quot;)" in row and "1.1 s" in row


def test_results_of_a_loop_are_folded(nine):
    assert "<summary>4 more</summary>" in section(nine)


def test_comments_are_marked_and_what_it_said_is_shown(nine):
    drawn = section(nine)
    assert drawn.count('class="comment"') == 2
    assert "<li><bdi>poem_sentiment loses by sharing" in drawn
    assert 'class="said"' not in section(replace(nine, said=()))


def test_no_plan_no_section(nine):
    assert section(replace(nine, plan=None)) is None
    assert section(replace(nine, plan=PlanReport(""))) is not None
