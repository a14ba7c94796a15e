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


def test_a_repeat_is_told_from_the_first_training(nine):
    one = Candidate("c", ("intent",), "FineTune()", passes=3.0)
    more = replace(one, name="c, repeat 2", repeat=2)
    drawn = section(replace(nine, candidates=(one, more)))
    assert "<small>3 passes</small>" in drawn
    assert "<small>3 passes, repeat 2, another seed</small>" in drawn
