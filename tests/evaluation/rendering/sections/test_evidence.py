"""What gradients promised of groups, and what the groups gained."""

from dataclasses import replace

from polytask.evaluation.rendering import html
from polytask.evaluation.rendering.sections.evidence import section
from polytask.evaluation.report import Estimate, Evidence, Promise, Ranking

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


def test_each_proposer_has_a_column_and_a_line_of_what_it_was_worth(nine):
    one = replace(BOTH, predicted={"ProbeTransfer": 0.31, "StepAffinity": 2e-4, "planner": 1.0})
    two = replace(ALL, predicted={"StepAffinity": -1e-5, "Mine": 0.0})
    worth = (
        Ranking("StepAffinity", 2, {"1": 0.013}),
        Ranking("planner", 2, {"1": 0.0, "3": 0.0}, -0.5),
    )
    drawn = section(replace(nine, evidence=Evidence("c", (one, two), {}, worth)))
    for head in ("probes", "gradient steps", "planner, all together", "Mine", "regret@3"):
        assert f">{head}</th>" in drawn
    assert "+0.31" in drawn and "+2.0e-04" in drawn and "-1.0e-05" in drawn and "+0.00" in drawn
    assert ">1.3</td>" in drawn and ">−0.50</td>" in drawn and ">–</td>" in drawn
    assert "promised</th>" not in drawn


def test_nothing_is_said_where_nothing_was_ranked(nine):
    assert section(replace(nine, evidence=None)) is None
    assert "Evidence" not in html(nine)
