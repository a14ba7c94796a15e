"""What was tried."""

from dataclasses import replace

from polytask.evaluation.rendering.sections.tried import section
from polytask.evaluation.report import Candidate


def test_a_line_a_candidate_with_its_fate(nine):
    drawn = section(nine)
    assert drawn.count("<tr>") == 1 + len(nine.candidates)
    assert drawn.count(">control<") == 7
    assert ">delivered<" in drawn and "best on dev for all but one" in drawn
    assert ">no time<" in drawn and "needs 400 s" in drawn
    assert "10 min 40 s" in drawn


def test_a_part_that_serves_only_some_of_its_tasks_names_them(nine):
    one = Candidate("c", ("intent", "slots"), "Probe()", chosen=("slots",), control=("intent",))
    drawn = section(replace(nine, candidates=(one,)))
    assert "for <bdi>slots</bdi>" in drawn
    assert "of <bdi>intent</bdi>" in drawn


def test_many_tasks_are_folded(nine):
    assert "<summary>7 tasks</summary>" in section(nine)


def test_nothing_tried_no_section(nine):
    assert section(replace(nine, candidates=())) is None
