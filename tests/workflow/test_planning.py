from __future__ import annotations

import pytest

import polytask
from polytask._errors import ConfigError, OutputError
from polytask.tasks import load
from polytask.workflow.checking import check_plan, task_source
from polytask.workflow.planning import write

ROWS = [{"text": f"{w} day {i}", "mood": w} for i in range(30) for w in ("good", "bad")]


def test_a_plan_and_a_task_file_are_written_that_check(job, tmp_path):
    written = write(job / "data", out=tmp_path / "new" / "plan.py", threads=1)
    assert [path.name for path in written] == ["plan.py", "tasks.yaml"]
    check_plan(written[0])
    assert task_source(written[0].read_text(encoding="utf-8"), written[0]) == "tasks.yaml"
    assert set(load(written[1])) == {"topic", "mood"}


def test_a_task_file_is_named_from_where_the_plan_stands(job, tmp_path):
    (path,) = polytask.plan(job / "tasks.yaml", out=tmp_path / "plans" / "plan.py", threads=1)
    named = task_source(path.read_text(encoding="utf-8"), path)
    assert (path.parent / named).samefile(job / "tasks.yaml")
    assert not named.startswith("/")
    (path,) = write(job / "tasks.yaml", out=job / "second.py", threads=1)
    assert task_source(path.read_text(encoding="utf-8"), path) == "tasks.yaml"


def test_data_in_memory_are_saved_beside_the_plan(tmp_path):
    written = polytask.plan(ROWS, out=tmp_path / "plan.py", threads=1)
    assert [path.name for path in written] == ["plan.py", "tasks.yaml", "plan_data"]
    assert load(tmp_path / "tasks.yaml")["mood"].kind == "binary"


def test_nothing_is_overwritten(job, tmp_path):
    (tmp_path / "tasks.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match=r"tasks.yaml exists and was not touched"):
        write(job / "data", out=tmp_path / "plan.py")
    assert not (tmp_path / "plan.py").exists()
    with pytest.raises(OutputError, match=r"plan.py exists and was not touched"):
        write(job / "data", out=job / "plan.py")
    assert (tmp_path / "tasks.yaml").read_text(encoding="utf-8") == "mine"


def test_wrong_options_are_refused_first(job, tmp_path):
    with pytest.raises(ConfigError, match="Unknown option 'encode'"):
        write(job / "data", out=tmp_path / "plan.py", encode="x")
