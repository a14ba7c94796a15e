"""How to do it again."""

from dataclasses import replace

from polytask.evaluation.rendering.sections.reproduce import section


def test_command_settings_and_versions(nine):
    drawn = section(nine)
    assert "polytask run tasks.yaml --budget 30m --seed 0 --out run" in drawn
    assert drawn.index(">dtype<") < drawn.index(">seed<") < drawn.index(">threads<")
    assert "2.13.0" in drawn
    assert "began 2026-11-23T12:00:00+00:00" in drawn


def test_without_command_and_versions(nine):
    drawn = section(replace(nine, command="", versions={}))
    assert "<pre>" not in drawn and "version<" not in drawn
