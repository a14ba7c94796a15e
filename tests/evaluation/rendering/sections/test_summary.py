"""The head of the page."""

from dataclasses import replace

from polytask.evaluation.rendering.sections.summary import section
from polytask.evaluation.report import Report


def test_model_stands_beside_its_controls(nine):
    drawn = section(nine)
    assert "controls together 360 MB" in drawn
    assert "controls together 182 M" in drawn
    assert "controls together 22 ms" in drawn
    assert 'class="ours" style="width:25.0%"' in drawn


def test_what_is_not_known_is_left_out(nine):
    drawn = section(Report(7, None, {}))
    assert "controls together" not in drawn and "time used" not in drawn
    assert ">7<" in drawn
    assert "warnings" not in drawn
    assert "controls together" not in section(
        replace(nine, controls=None, timing=Report(0, None, {}).timing)
    )


def test_repeats_are_said(nine):
    assert "trained once each" in section(nine)
    assert "up to 3 times" not in section(nine)
    assert "arms of a comparison up to 3 times" in section(replace(nine, repeats=3))
