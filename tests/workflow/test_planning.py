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


def test_a_plan_for_several_workers_asks_at_once(job, tmp_path):
    texts = []
    for workers in (1, 2):
        path = tmp_path / f"{workers}.py"
        write(job / "tasks.yaml", out=path, threads=1, workers=workers)
        check_plan(path)
        texts.append(path.read_text(encoding="utf-8"))
    assert ["train_all" in text for text in texts] == [False, True]


def test_a_plan_says_what_programs_answer(program_job, tmp_path):
    (path,) = polytask.plan(program_job / "tasks.yaml", out=tmp_path / "plan.py")
    told = "# Answered by programs: triage, escalate. What is trained here is their control."
    assert path.read_text().startswith(told)


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


DRAFT = """\
from polytask.plan import TfidfLinear, combine, finish, tasks, train

t = tasks("tasks.yaml")
parts = {task: train([task], TfidfLinear(strength=30.0))["part"] for task in t}
finish(combine(parts, parts))
"""


def by_model(one, tmp_path, **more):
    out = tmp_path / "new" / "plan.py"
    return write(ROWS, out=out, budget="1m", llm=one.url, llm_model="m", threads=1, **more)[0]


@pytest.mark.slow
def test_a_plan_of_a_language_model_stands_in_the_built_in_plan_and_competes(
    server, tmp_path, monkeypatch
):
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path / "home"))  # no weights: quick models alone
    wish = '{"inputs": ["text"], "targets": {"mood": "binary"}}'
    one = server(lambda turns: wish if "You choose" in turns[0]["content"] else f"```\n{DRAFT}```")
    path = by_model(one, tmp_path, goal="moods")
    check_plan(path)
    assert "TfidfLinear(strength=30.0)" in path.read_text(encoding="utf-8")
    assert len(one.asked) == 2
    report = polytask.run(path, budget="1m", out=tmp_path / "run", threads=1).report
    assert len(one.asked) == 2
    assert report.said[0].startswith("A plan of the language model finished")
    assert {c.recipe for c in report.candidates} == {"TfidfLinear()", "TfidfLinear(strength=30.0)"}


def test_without_a_usable_answer_the_built_in_plan_is_written_and_says_so(server, tmp_path):
    one = server(lambda _: "```\nimport os\nos.system('ls')\n```")
    path = by_model(one, tmp_path)
    check_plan(path)
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# The language model gave no plan that passes the check: 4 answers")
    assert "draft(" not in text
    assert "os.system" not in text.split("\n", 1)[1]
