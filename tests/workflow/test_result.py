from __future__ import annotations

import pytest

from polytask._errors import OutputError
from polytask.workflow.folder import RunFolder
from polytask.workflow.result import Result


def test_a_result_is_read_back_from_its_folder(finished):
    again = Result.load(str(finished.path))
    assert again.report == finished.result.report
    assert again.path == finished.path
    assert set(again.model.tasks) == {"topic", "mood"}


def test_printing_shows_the_sentence_the_table_and_where_things_lie(finished):
    shown = str(finished.result)
    flat = " ".join(shown.split())
    assert " ".join(finished.result.sentence.split()) in flat
    for word in (
        "task",
        "control",
        "verdict",
        "topic",
        "multiclass",
        "mood",
        "report.html",
        "model",
    ):
        assert word in flat
    assert max(map(len, shown.splitlines())) <= 100


def test_a_notebook_shows_the_page_in_a_frame_of_its_own(finished):
    page = finished.result._repr_html_()
    assert page.startswith('<iframe srcdoc="')
    inner = page.removeprefix('<iframe srcdoc="').partition('" style')[0]
    assert '"' not in inner  # nothing ends the attribute
    assert "&lt;html" in inner


def test_an_unfinished_run_says_how_to_go_on(tmp_path):
    with RunFolder(tmp_path / "run").created({"state": "started"}):
        pass
    with pytest.raises(OutputError, match=r"is not finished: `polytask run .*run` goes on"):
        Result.load(tmp_path / "run")
    with pytest.raises(OutputError, match="is no run folder"):
        Result.load(tmp_path)
