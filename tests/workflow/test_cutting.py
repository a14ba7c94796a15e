from __future__ import annotations

from polytask.evaluation.report import Finding, Report, TaskReport
from polytask.workflow.cutting import with_cut

CUT = {
    "mood": {"train": {"truncated": 1900, "windowed": 1}, "test": {"truncated": 100}},
    "scan": {"dev": {"unreadable": 2}},
}


def made(cut):
    tasks = {name: TaskReport("binary", "accuracy") for name in ("mood", "scan", "whole")}
    earlier = Finding("leak", "26 rows", "data")
    report = Report(0, 60.0, tasks, findings=(earlier,), warnings=("One seed",))
    return with_cut(report, cut), report


def test_tasks_carry_the_counts_over_all_splits():
    tasks = made(CUT)[0].tasks
    counts = {n: (t.truncated, t.windowed, t.unreadable) for n, t in tasks.items()}
    assert counts == {"mood": (2000, 1, 0), "scan": (0, 0, 2), "whole": (0, 0, 0)}


def test_a_finding_tells_them_by_split_and_a_warning_by_task():
    report = made(CUT)[0]
    assert [(f.code, f.where, f.count, f.severity) for f in report.findings] == [
        ("leak", "data", 0, "warning"),
        ("truncated", "mood", 2000, "warning"),
        ("windowed", "mood", 1, "info"),
        ("unreadable", "scan", 2, "warning"),
    ]
    assert report.findings[1].message.endswith("were cut: 1,900 in train, 100 in test")
    assert report.findings[3].message.endswith("blank: 2 in dev; mend or remove them")
    assert report.warnings == (
        "One seed",
        "Inputs longer than the encoder reads were cut (rows by task: mood 2,000)",
        "Images that cannot be decoded count as blank (rows by task: scan 2)",
    )


def test_rows_read_whole_are_not_spoken_of():
    report, before = made({})
    assert report == before
