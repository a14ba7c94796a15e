"""The values of one task."""

from polytask.evaluation.report import TaskReport
from polytask.evaluation.report.run import Report
from polytask.evaluation.report.storing import from_json, to_json


def test_a_failed_evaluation_is_a_record():
    failed = TaskReport("binary", "auroc", status="failed", reason="no test row has a label")
    found = from_json(to_json(Report(0, None, {"a": failed}))).tasks["a"]
    assert found == failed
    assert found.value is found.control is found.gain is None


def test_labels_may_be_any_text():
    task = TaskReport("multilabel", "macro_f1", unseen={'"\n\\': 1, "": 2, "标签": 3})
    assert from_json(to_json(Report(0, None, {"": task}))).tasks[""] == task
