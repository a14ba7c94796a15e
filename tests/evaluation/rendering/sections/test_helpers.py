"""What helped."""

import io
from dataclasses import replace

from rich.console import Console

from polytask.evaluation.rendering.console import build
from polytask.evaluation.rendering.sections.helpers import section
from polytask.evaluation.report import Estimate, Help

ROWS = (
    Help("intent", ("films",), 2000, 0.71, "done", Estimate(0.034, 0.01, 0.058)),
    Help("intent", ("films", "<b>plays</b>"), 3000, None, "done", Estimate(0.05), used=True),
    Help("intent", ("songs",), 100, 0.4, "no time"),
    Help("gone", ("scans",), 1, 0.1),
)


def test_a_line_a_task_and_sets(nine):
    drawn = section(replace(nine, helpers=ROWS))
    assert drawn.count("<tr>") == 1 + len(ROWS)
    assert "<b>+3.4</b>" in drawn and "+1.0" in drawn and "+5.8" in drawn
    assert "0.71" in drawn and "2,000" in drawn
    assert (
        "<td><b>yes</b></td>" in drawn
        and "<td>no time</td>" in drawn
        and "<td>not tried</td>" in drawn
    )
    assert "films + &lt;b&gt;plays" in drawn


def test_helped_in_sequence_is_told_apart(nine):
    after = Help("intent", ("films", "songs"), 2100, status="done", in_sequence=True)
    drawn = section(replace(nine, helpers=(*ROWS, after)))
    assert "films + songs, in sequence" in drawn
    assert "first the sets, then the task" in drawn
    assert "in sequence" not in section(replace(nine, helpers=ROWS)).lower()


def test_sets_that_found_no_time_stand_there_for_no_task(nine):
    late = Help("", ("films", "songs"), 2100, status="no time", in_sequence=True)
    drawn = section(replace(nine, helpers=(late,)))
    assert "<bdi>–</bdi>" in drawn and "films + songs, in sequence" in drawn
    assert "<td>no time</td>" in drawn and "<b>–</b>" not in drawn


def test_the_terminal_shows_the_same(nine):
    held = io.StringIO()
    Console(file=held, width=100).print(build(replace(nine, helpers=ROWS)))
    text = held.getvalue()
    for shown in ("trained with", "films + <b>plays</b>", "0.71", "+3.4", "not tried", "no time"):
        assert shown in text


def test_without_helpers_no_section(nine):
    assert section(nine) is None
