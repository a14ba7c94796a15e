"""More rows for old tasks: what is no worse takes over, what is worse is kept out."""

from __future__ import annotations

import json
import random

import pytest

import polytask
from polytask._errors import ConfigError, DataError, OutputError
from polytask.tasks import read_task_file
from polytask.workflow import refitting, trying
from polytask.workflow.adding import add
from polytask.workflow.folder import RunFolder
from polytask.workflow.updating import update

WORDS = {"喜": ["高兴", "开心", "快乐"], "怒": ["生气", "愤怒", "恼火"]}
TASKS = """tasks:
  情绪: {data: {train: a.jsonl, dev: b.jsonl, test: c.jsonl}, input: 句子, target: 标签}
  乐: {data: {train: a.jsonl, dev: b.jsonl, test: c.jsonl}, input: 句子, target: 乐}
"""
PLAN = """from polytask.plan import TfidfLinear, combine, finish, tasks, train

t = tasks("tasks.yaml")
parts = {name: train([name], TfidfLinear())["part"] for name in t}
finish(combine(parts, parts))
"""


def rows(first, count, *, wrong=False):
    """Sentences whose middle word gives the mood away; the rare words need many rows."""
    found = []
    for number in range(first, first + count):
        mood = list(WORDS)[number % 2]
        said = list(WORDS)[1 - number % 2] if wrong else mood
        text = f"第{number}天 {WORDS[mood][number // 2 % 3]} {'了' * (number % 3)}"
        found.append({"句子": text, "标签": said, "乐": "是" if mood == "喜" else "否"})
    return found


def write(path, found):
    path.write_text("\n".join(json.dumps(row) for row in found) + "\n", encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def linear(monkeypatch, tmp_path):
    """Only linear models are tried, so that torch is not needed."""
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(trying, "QUICK", {"text": ("TfidfLinear()",)})


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """A real run on six training rows, each with a word of its own."""
    folder = tmp_path_factory.mktemp("旧 old")
    for name, found in (("a", rows(0, 4)), ("b", rows(100, 60)), ("c", rows(200, 80))):
        write(folder / f"{name}.jsonl", found)
    (folder / "tasks.yaml").write_text(TASKS, encoding="utf-8")
    (folder / "plan.py").write_text(PLAN, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POLYTASK_HOME", str(folder / "home"))
        return polytask.run(folder / "plan.py", out=folder / "run", threads=1, dtype="float32")


def answers(result):
    return polytask.load(result.path).answer([{"句子": row["句子"]} for row in rows(500, 40)])


def files(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.slow
def test_rows_that_help_take_over_and_are_certified_against_the_model_before(old, tmp_path):
    before = files(old.path)
    more = write(tmp_path / "更多.jsonl", [*rows(300, 60), *rows(200, 10), {"句子": "无"}])
    new = update(old.path, more, tasks=["情绪"], out=tmp_path / "新")
    task, was = new.report.tasks["情绪"], old.report.tasks["情绪"]
    assert (task.n_dev, task.n_test) == (was.n_dev, was.n_test)
    assert task.n_train == was.n_train + 60  # the ten stand in test
    assert task.control.recipe == "in use: TfidfLinear()"
    assert task.control.value == pytest.approx(was.value)
    assert task.verdict == "better"
    assert task.value > was.value + 0.1
    assert new.report.tasks["乐"] == old.report.tasks["乐"]
    assert new.report.said[-2].startswith("情绪: 60 more rows to learn from; 11 have no usable")
    assert new.report.said[-1].startswith("情绪: TfidfLinear() takes over, better than the model")
    assert new.report.command.endswith("更多.jsonl' --task '情绪'")
    old_answers, new_answers = answers(old), answers(new)
    assert [row["乐"] for row in new_answers] == [row["乐"] for row in old_answers]
    assert new_answers != old_answers
    assert files(old.path) == before
    entries = {entry.name: entry for entry in read_task_file(RunFolder(new.path).task_file)}
    assert entries["情绪"].more == entries["乐"].more != ()  # they stand on one table
    again = update(new.path, rows(700, 30), tasks=["情绪", "乐"], out=tmp_path / "newer")
    assert "情绪: 30 more rows to learn from" in again.report.said
    assert again.report.tasks["情绪"].n_test == task.n_test
    assert polytask.run(again.path).report == again.report


@pytest.mark.slow
def test_rows_that_harm_leave_the_model_as_it_was(old, tmp_path):
    better = update(old.path, rows(300, 60), tasks=["情绪"], out=tmp_path / "better")
    kept = update(better.path, rows(400, 90, wrong=True), tasks=["情绪"], out=tmp_path / "kept")
    assert kept.report.said[-1].startswith("情绪: not taken over by TfidfLinear(), worse than the")
    assert kept.report.tasks == better.report.tasks
    assert kept.report.model == better.report.model
    assert files(RunFolder(kept.path).model) == files(RunFolder(better.path).model)
    assert kept.report.candidates[-1].chosen == ()
    (entry, _) = read_task_file(RunFolder(kept.path).task_file)
    assert len(entry.more) == 1  # what was not learned from is not named


def spoken(first, count):
    """Rows of forty words, each of which must be seen to be known."""
    words = ["".join(random.Random(number).choices("abcdefghij", k=6)) for number in range(40)]
    chosen = [number * 7 % 40 for number in range(first, first + count)]
    return [{"text": f"{words[n]} w{i}", "odd": str(n % 2)} for i, n in enumerate(chosen, first)]


@pytest.mark.slow
def test_folds_are_judged_by_the_scores_that_the_run_has_kept(plain, make_rows, tmp_path):
    grown = add(plain, spoken(0, 120), out=tmp_path / "a")
    task = grown.report.tasks["odd"]
    assert task.folds == 5
    new = update(grown.path, spoken(200, 400), out=tmp_path / "b")
    now = new.report.tasks["odd"]
    assert (now.folds, now.n_test, now.n_train) == (5, 120, task.n_train + 400)
    assert now.verdict == "better"
    assert now.control.value == pytest.approx(task.value)
    assert RunFolder(new.path).parts.joinpath(now.part, "test.safetensors").is_file()
    with pytest.raises(DataError, match="out of fold, and the scores of the model in use are gone"):
        update(plain, make_rows(20, seed=5), tasks=["mood"], out=tmp_path / "d")


@pytest.mark.slow
def test_what_cannot_be_updated_is_refused_and_leaves_nothing(old, plain, tmp_path):
    out = tmp_path / "x"
    with pytest.raises(OutputError, match="no run folder"):
        update(tmp_path, rows(300, 5), out=out)
    with pytest.raises(ConfigError, match=r"no task '情緒'.*情绪"):
        update(old.path, rows(300, 5), tasks=["情緒"], out=out)
    with pytest.raises(
        ConfigError, match=r"memory lacks columns.*wanted: 情绪: 句子, 标签; 乐:.*add"
    ):
        update(old.path, [{"句子": "好", "别的": "是"}], out=out)
    with pytest.raises(ConfigError, match=r"fits several tasks.*topic, mood.*--task"):
        update(plain, [{"text": "a", "topic": "food", "mood": "good"}], out=out)
    with pytest.raises(DataError, match="no row to learn '情绪' from"):
        update(old.path, rows(200, 10), out=out)
    with pytest.raises(DataError, match=r"none\.csv"):
        update(old.path, tmp_path / "none.csv", out=out)
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == []


def test_data_that_are_not_what_they_were_are_named(old, tmp_path):
    test = old.path.parent / "c.jsonl"
    text = test.read_text(encoding="utf-8")
    try:
        write(test, rows(200, 70))
        with pytest.raises(DataError, match=r"70 test rows now, 60 and 80 then.*polytask run"):
            update(old.path, rows(300, 9), tasks=["乐"], out=tmp_path / "x")
    finally:
        test.write_text(text, encoding="utf-8")


@pytest.mark.slow
def test_a_joint_refit_under_a_budget_harms_no_old_task(old, tmp_path, monkeypatch):
    monkeypatch.setattr(refitting, "USUAL", "TfidfLinear()")
    fresh = [{"句子": row["句子"], "数": str(i % 2)} for i, row in enumerate(rows(600, 160))]
    new = add(old.path, fresh, budget="5m", out=tmp_path / "x", targets=["数"])
    together = new.report.candidates[-1]
    assert together.name == "TfidfLinear() · 情绪 + 乐 + 数"
    assert together.status == "done"
    assert "together" in new.report.said[-1]
    before, after = answers(old), answers(new)
    if not together.chosen:
        assert [{n: row[n] for n in ("情绪", "乐")} for row in after] == before
    short = add(old.path, fresh, budget=10.5, out=tmp_path / "y", targets=["数"])
    assert short.report.candidates[-1].status == "no time"
    assert set(short.report.tasks) == {"情绪", "乐", "数"}
