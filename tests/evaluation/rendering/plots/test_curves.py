"""Learning curves."""

from dataclasses import replace

from polytask.evaluation.rendering.plots.curves import MOST, Series, curves, series
from polytask.evaluation.report import Candidate, Curve, Epoch


def test_a_line_a_candidate_that_trained_the_task(nine):
    joint, probe = series(nine, "intent")
    assert joint == Series(
        "FineTune(epochs=3, learning_rate=2e-4) with 6 other tasks",
        tuple((e, 0.95 - 0.3 / e) for e in (1, 2, 3)),
        tuple((e, 1.2 / e) for e in (1, 2, 3)),
        True,
    )
    assert (probe.label, probe.chosen) == ("Probe", False)
    assert [one.label for one in series(nine, "slots")] == [joint.label]


def test_absent_values_leave_a_gap(nine):
    epochs = (Epoch(1, {"intent": 1.0}, {"intent": None}), Epoch(2, {}, {"intent": 0.5}))
    (found,) = series(replace(nine, curves=(Curve("joint", epochs),)), "intent")
    assert (found.dev, found.loss) == (((2, 0.5),), ((1, 1.0),))


def test_only_the_best_are_drawn_and_the_delivered_always(nine):
    made = [Candidate(f"c{i}", ("intent",), f"Probe(c={i})") for i in range(12)]
    made[0] = replace(made[0], chosen=("intent",))
    lines = tuple(Curve(f"c{i}", (Epoch(1, {}, {"intent": i / 12}),)) for i in range(12))
    found = series(replace(nine, candidates=tuple(made), curves=lines), "intent")
    assert [one.label for one in found] == [f"Probe(c={i})" for i in (0, 5, 6, 7, 8, 9, 10, 11)]
    assert len(found) == MOST


def test_a_curve_without_candidate_keeps_its_name(nine):
    line = Curve("lost", (Epoch(1, {}, {"intent": 0.5}),))
    (found,) = series(replace(nine, curves=(line,)), "intent")
    assert found.label == "lost"


def test_the_drawing(nine):
    drawn = curves(nine, "intent")
    assert drawn.count("<figure>") == 2
    assert 'aria-label="intent: accuracy on dev by epoch"' in drawn
    assert drawn.count('class="curve c1"') == 3  # two charts and the legend
    assert "delivered" in drawn
    assert curves(nine, "外卖评论情感") is not None
    assert curves(replace(nine, curves=()), "intent") is None


def test_without_losses_there_is_one_chart(nine):
    line = Curve("joint", (Epoch(1, {}, {"intent": 0.5}),))
    assert curves(replace(nine, curves=(line,)), "intent").count("<figure>") == 1
