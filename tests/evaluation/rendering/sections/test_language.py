from __future__ import annotations

from dataclasses import replace

from polytask.evaluation.rendering.sections.language import cells, lines, section
from polytask.evaluation.report import LanguageModel, Latency, Prompted, Report, TaskReport, Timing

TASK = TaskReport(kind="multiclass", metric="accuracy", value=0.9, low=0.8, high=0.95)
ARM = Prompted("mood", 0, 50, "accuracy", 0.7, 0.6, 0.8, outside=3, cost=0.25)
MODEL = LanguageModel(
    "<b>m",
    "http://x/v1",
    asked=3,
    tried=2,
    used=("mood",),
    chose="For the goal 'moods' it chose mood",
    tokens=12_345,
    cost=0.5,
    shared=True,
    prompted=(ARM,),
)
REPORT = Report(
    0,
    60.0,
    {"mood": TASK},
    language_model=MODEL,
    timing=Timing(latency=Latency(0.5), prompted={"mood, zero-shot": 12_000.0}),
)


def test_a_report_without_a_language_model_has_no_such_section():
    assert section(replace(REPORT, language_model=None)) is None


def test_the_section_says_what_was_asked_and_holds_prompted_beside_trained():
    shown = str(section(REPORT))
    assert (
        "asked for plans 3 times, shown some training rows for them; 2 tried, used for mood"
        in shown
    )
    assert "it chose mood." in shown
    assert "12,345 tokens in all, which cost 0.5" in shown
    assert "0.5 s for 1,000 rows" in shown
    assert "<b>m" not in shown
    row = cells(REPORT, ARM)
    assert row[0] == "mood, zero-shot"
    assert row[1].startswith("70.0")
    assert row[3].startswith("90.0")
    assert row[4:] == ("3", "12", "0.25", "")


def test_an_arm_without_rows_says_why():
    none = Prompted("mood", 8, 0, "accuracy", reason="no time")
    assert cells(REPORT, none)[0] == "mood, 8 shots"
    assert cells(REPORT, none)[-1] == "no time"
    quiet = replace(REPORT, language_model=replace(MODEL, asked=0, cost=None, shared=False))
    assert "not asked for plans" in next(iter(lines(quiet)))
    assert "rows" not in next(iter(lines(quiet)))


def test_another_metric_than_the_task_has_is_named():
    other = replace(REPORT, tasks={"mood": replace(TASK, metric="auroc")})
    assert cells(other, ARM)[3].startswith("by ")
