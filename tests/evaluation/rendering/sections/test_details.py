"""One task in detail."""

from dataclasses import replace

from polytask.evaluation.prediction import NEVER
from polytask.evaluation.rendering.sections.details import section
from polytask.evaluation.report import DecisionReport, Report, TaskReport


def test_failed_tasks_have_no_details(nine):
    assert "broken" not in section(nine)
    failed = TaskReport("binary", "auroc", status="failed")
    assert section(Report(0, None, {"a": failed})) is None


def test_long_class_tables_scroll(nine):
    assert section(replace(nine, tasks={"b": nine.tasks["banking77"]})).count("scroll tall") == 1
    assert "scroll tall" not in section(replace(nine, tasks={"i": nine.tasks["intent"]}))


def test_control_metrics_get_their_column_only_where_known(nine):
    drawn = section(replace(nine, tasks={"i": nine.tasks["intent"]}))
    assert ">control<" in drawn and ">98.0<" in drawn
    assert ">control<" not in section(replace(nine, tasks={"s": nine.tasks["slots"]}))


def test_thresholds_and_abstention(nine):
    decided = DecisionReport(1.0, {"joy": 0.31, "anger": 0.07}, 0.9, 0.1, 0.5, None)
    one = replace(nine.tasks["intent"], decisions=decided)
    drawn = section(replace(nine, tasks={"i": one}))
    assert "2 thresholds" in drawn
    assert drawn.index("anger") < drawn.index("joy")
    assert "at most 10 % errors among sure answers: 50.0 % of the test rows" in drawn
    assert "– of those wrongly" in drawn


def test_where_nothing_is_sure_the_page_says_so(nine):
    decided = DecisionReport(1.0, {}, NEVER, 0.05, 0.0, None)
    drawn = section(replace(nine, tasks={"i": replace(nine.tasks["intent"], decisions=decided)}))
    assert "no confidence kept 5 % errors" in drawn
    assert "2.00" not in drawn


def test_notes_count_what_was_cut(nine):
    one = replace(nine.tasks["intent"], windowed=1200, unreadable=7)
    drawn = section(replace(nine, tasks={"i": one}))
    assert "3 inputs were cut" in drawn
    assert "1,200 long inputs were answered in windows" in drawn
    assert "7 images could not be decoded and count as blank" in drawn
