"""Data and drawing of the interval plots."""

from dataclasses import replace

from polytask.evaluation.rendering.plots.intervals import (
    Mark,
    axis_plot,
    gain_plot,
    gain_scale,
    margin_of,
    mark,
    scales,
    value_plot,
    value_scale,
)
from polytask.evaluation.rendering.plots.scale import Scale
from polytask.evaluation.report import Control, Estimate, TaskReport

AXIS = Scale(0.0, 1.0, (0.0, 0.5, 1.0))


def task(value=0.9, gain=None, **more):
    gain = gain and Estimate(*gain)
    base = {"value": value, "low": value - 0.05, "high": value + 0.05, "gain": gain}
    return TaskReport("binary", more.pop("metric", "accuracy"), **(base | more))


def test_a_mark_stands_where_its_value_is():
    assert mark(0.5, 0.25, 0.75, AXIS) == Mark(0.5, 0.25, 0.75)
    assert mark(0.5, None, None, AXIS) == Mark(0.5, None, None)
    assert mark(None, None, None, AXIS) is None


def test_an_end_beyond_the_axis_is_cut():
    assert mark(0.9, 0.8, 1.2, AXIS) == Mark(0.9, 0.8, 1.0, (False, True))
    assert mark(0.1, -0.2, 0.3, AXIS) == Mark(0.1, 0.0, 0.3, (True, False))


def test_the_value_axis_holds_floor_control_and_ends():
    axis = value_scale([task(floor=0.3, control=Control("Probe()", 0.55, 0.5, 0.6))])
    assert axis.low == 0.0
    assert value_scale([task(floor=0.82)]).low == 0.8


def test_the_gain_axis_holds_zero_and_the_margin():
    axis = gain_scale([task(gain=(0.05, 0.04, 0.06))], 0.01)
    assert axis.holds(0.0) and axis.holds(-0.01) and axis.holds(0.06)
    assert gain_scale([], 0.01).holds(-0.01)


def test_one_wide_interval_does_not_flatten_the_others():
    narrow = [task(gain=(0.0, -0.01, 0.01)) for _ in range(4)]
    axis = gain_scale([*narrow, task(gain=(0.02, -0.4, 0.4))], 0.01)
    assert axis.high < 0.1
    assert axis.holds(0.02)


def test_tasks_in_their_own_unit_have_their_own_axes(nine):
    assert scales(nine, "intent") == scales(nine, "slots")
    value, gain = scales(nine, "relatedness")
    assert value != scales(nine, "intent")[0]
    assert not value.widened
    assert value.holds(0.81) and gain.holds(0.04)


def test_the_drawing_tells_its_figures(nine):
    name = "banking77"
    value, gain = scales(nine, name)
    drawn = value_plot(name, nine.tasks[name], value)
    assert 'aria-label="banking77: 93.1 (92.2–94.0), control 91.9 (91.0–92.8), floor 20.0"' in drawn
    assert 'class="floor"' in drawn and "dot control" in drawn and "dot v-better" in drawn
    drawn = gain_plot(name, nine.tasks[name], gain, nine.margin)
    assert 'aria-label="banking77: gain +1.2 (+0.8…+1.7), better"' in drawn
    assert 'class="margin"' in drawn and 'class="zero"' in drawn


def test_a_task_that_is_its_own_control_is_drawn_once(single):
    drawn = value_plot("intent", single.tasks["intent"], scales(single, "intent")[0])
    assert "control" not in drawn


def test_own_units_are_labelled_in_the_row(nine):
    name = "relatedness"
    value, gain = scales(nine, name)
    assert "<text" in value_plot(name, nine.tasks[name], value)
    margin = margin_of(nine, nine.tasks[name])
    assert margin == 0.0
    assert 'class="margin"' not in gain_plot(name, nine.tasks[name], gain, margin)
    known = replace(nine.tasks[name], margin=0.008)
    margin = margin_of(nine, known)
    assert margin == 0.008
    assert 'class="margin"' in gain_plot(name, known, gain_scale([known], margin), margin)


def test_no_gain_no_plot():
    assert gain_plot("a", task(), AXIS, 0.01) is None
    assert gain_plot("a", task(gain=(None, None, None)), AXIS, 0.01) is None


def test_a_cut_interval_ends_in_an_arrow():
    drawn = gain_plot("a", task(gain=(0.5, -3.0, 3.0)), Scale(-1.0, 1.0, (-1.0, 1.0)), 0.01)
    assert drawn.count("<polyline") == 2


def test_the_axis_is_labelled_in_points():
    drawn = axis_plot(Scale(-0.05, 0.05, (-0.05, 0.0, 0.05)), "accuracy", signs=True)
    assert ">−5<" in drawn and ">0<" in drawn and ">+5<" in drawn
