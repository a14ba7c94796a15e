"""Residual plots."""

from polytask.evaluation.rendering.plots.residuals import pairs, plot
from polytask.evaluation.report import Residuals


def test_both_directions_share_an_axis():
    points, axis = pairs(Residuals(0.0, 1.0, points=((1.0, 3.0), (5.0, 2.0), (7.0,))))
    assert points == [(1.0, 3.0), (5.0, 2.0)]
    assert (axis.low, axis.high) == (1.0, 5.0)


def test_pairs_that_a_report_could_not_hold_are_left_out():
    points, axis = pairs(Residuals(None, None, points=((1.0, None), (2.0, 3.0))))
    assert points == [(2.0, 3.0)]
    assert (axis.low, axis.high) == (2.0, 3.0)


def test_scatter_and_quantiles_are_drawn():
    drawn = plot(
        "price", Residuals(-0.5, 1.25, {"25%": -1.0, "5%": -2.0}, ((1.0, 2.0), (2.0, 2.0)))
    )
    assert drawn.count("<circle") == 2
    assert "price: answers against targets of 2 test rows" in drawn
    assert drawn.index(">5%<") < drawn.index(">25%<")
    assert "−0.5" in drawn and "1.25" in drawn and "−2" in drawn


def test_without_points_only_the_figures_are_shown():
    drawn = plot("price", Residuals(None, None))
    assert "<svg" not in drawn and "–" in drawn
