"""The data."""

from dataclasses import replace

from polytask.evaluation.rendering.sections.findings import section


def test_warnings_come_first(nine):
    drawn = section(replace(nine, findings=tuple(reversed(nine.findings))))
    assert drawn.index("duplicate") < drawn.index("rare class")
    assert ">26<" in drawn


def test_no_findings_no_section(nine):
    assert section(replace(nine, findings=())) is None
