"""What gradients promised of groups, and what the groups gained."""

from dataclasses import replace

from polytask.evaluation.rendering import html
from polytask.evaluation.rendering.sections.evidence import section
from polytask.evaluation.report import Estimate, Evidence, Promise

BOTH = Promise(
    "c",
    ("intent", "slots"),
    1,
    {"intent": 2e-4, "slots": 1e-4},
    {"intent": Estimate(0.012, -0.004, 0.031), "slots": Estimate(-0.002, -0.01, 0.006)},
)
ALL = replace(BOTH, rank=2, promised={"intent": -1e-5, "slots": 0.0})


def test_a_line_a_group_with_promise_gains_and_regret(nine):
    drawn = section(replace(nine, evidence=Evidence("c", (BOTH, ALL), {"1": 0.013, "3": 0.0})))
    assert drawn.count("<bdi>intent</bdi>, <bdi>slots</bdi>") == 2
    assert "+1.5e-04" in drawn and "-5.0e-06" in drawn
    assert "on average <b>+0.5</b>" in drawn
    assert "+1.2" in drawn and "−0.4…+3.1" in drawn
    assert "Regret of the most promising group: 1.3 points." in drawn
    assert "Regret of the best of the first 3: 0.0 points." in drawn


def test_nothing_is_said_where_nothing_was_ranked(nine):
    assert section(replace(nine, evidence=None)) is None
    assert "Evidence" not in html(nine)
