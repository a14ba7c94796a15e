"""What moved between tasks."""

from dataclasses import replace

from polytask.evaluation.rendering.sections.moved import section
from polytask.evaluation.report import Candidate, Estimate, Moved

MOVED = Moved(
    "c",
    {"intent": Estimate(0.012, -0.004, 0.031)},
    {"intent": 0.5, "slots": 1.25},
    {"slots": {"intent": -0.31}},
    (0.0, 0.05, 0.1),
)
CANDIDATE = Candidate("c", ("intent", "slots"), "FineTune()", chosen=("slots",))


def test_gains_cosines_and_layers_of_each_candidate_are_shown(nine):
    drawn = section(replace(nine, moved=(MOVED,), candidates=(CANDIDATE,)))
    assert "<bdi>intent</bdi>, <bdi>slots</bdi> <code>FineTune</code>" in drawn
    assert "+1.2" in drawn and "−0.4…+3.1" in drawn
    assert drawn.count(">-0.31<") == 2, "the cosine stands in both rows"
    assert "10.0 %" in drawn and "width:50.0%" in drawn
    assert "<details open" in drawn


def test_what_is_not_known_is_left_out(nine):
    drawn = section(replace(nine, moved=(Moved("c", layers=(0.0,)),), candidates=()))
    assert "Cosines" not in drawn and "Gained" not in drawn
    assert "<details open" not in drawn
    assert section(replace(nine, moved=())) is None
