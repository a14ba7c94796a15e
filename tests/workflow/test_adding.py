"""A task more for a finished model: old answers to the bit, folders whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import polytask
from polytask._errors import ConfigError, DataError, OutputError
from polytask.evaluation.report import read
from polytask.tasks import read_task_file
from polytask.workflow import growing, trying
from polytask.workflow.adding import add
from polytask.workflow.folder import RunFolder


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="module")
def old(tmp_path_factory, tiny_encoder, finished_by_hand):
    """A run folder with a neural part of two tasks; only read."""
    from polytask.learning.encoders.text import TextEncoder
    from polytask.learning.neural_part import NeuralPart, head_for

    def made(taskset):
        encoder = TextEncoder.load(tiny_encoder)
        heads = {name: head_for(taskset[name], encoder.dim).eval() for name in taskset}
        passes = dict.fromkeys(heads, 1.0)
        return NeuralPart(encoder, heads, recipe="FineTune(epochs=1)", passes=passes)

    root = tmp_path_factory.mktemp("old")
    return RunFolder(finished_by_hand(root, made, encoder=str(tiny_encoder)))


@pytest.fixture(scope="module")
def grown(old, new_rows, tmp_path_factory):
    """The old run with a task added by its trunk, whatever dev says of the others."""
    folder = tmp_path_factory.mktemp("grown")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POLYTASK_HOME", str(folder / "home"))
        patch.setattr(growing, "best", lambda found: found[0])
        return add(old.path, new_rows, out=folder / "run", targets=["heard"])


@pytest.fixture
def linear(monkeypatch):
    """Only linear models are tried, so that torch is not needed."""
    monkeypatch.setattr(trying, "QUICK", {"text": ("TfidfLinear()",)})


def _files(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_every_old_answer_is_bit_identical_and_every_old_file_of_numbers_too(old, grown, new_rows):
    from polytask.tasks.task import Column, Inputs

    inputs = Inputs((Column("text"),), {"text": [row["text"] for row in new_rows]})
    before, after = polytask.load(old.path), polytask.load(grown.path)
    assert list(after.tasks) == ["topic", "mood", "heard"]
    assert list(after.parts) == ["joint"]  # one pass of one encoder answers all three
    for name, scores in before.scores(inputs).items():
        assert np.array_equal(scores, after.scores(inputs)[name])
        was, now = before.predict(inputs, [name])[name], after.predict(inputs)[name]
        assert was.labels == now.labels
        assert np.array_equal(was.confidence, now.confidence)
        assert np.array_equal(was.sure, now.sure)
    old_files, new_files = _files(old.model), _files(RunFolder(grown.path).model)
    assert set(new_files) - set(old_files) == {"parts/0/heads/2.safetensors"}
    changed = {name for name, data in old_files.items() if new_files[name] != data}
    # A tokenizer is written as this version writes it; every number is what it was.
    assert changed <= {"model.json", "parts/0/part.json", "parts/0/encoder/tokenizer.json"}


def test_the_report_measures_what_was_added_and_leaves_the_rest(old, grown):
    before, report = read(old.report), grown.report
    assert {name: report.tasks[name] for name in before.tasks} == before.tasks
    task = report.tasks["heard"]
    assert task.status == "ok"
    assert task.low <= task.value <= task.high
    assert task.control is not None
    assert task.control.recipe == "TfidfLinear()"
    assert task.verdict in ("better", "no worse", "worse", "not decidable")
    assert task.recipe == "Probe() on the encoder of topic and 1 more"
    assert [one.tasks for one in report.model.parts] == [("topic", "mood", "heard")]
    assert len(report.controls.parts) == 3
    assert [one.recipe for one in report.candidates] == [task.recipe, "TfidfLinear()", "Probe()"]
    assert report.said[0] == "before"
    assert "kept" in report.warnings
    assert report.command.endswith("memory --target heard")
    assert report.sentence.startswith("3 tasks, 1 model")


@pytest.mark.usefixtures("linear")
def test_a_grown_run_is_used_like_any_other(plain, new_rows, tmp_path):
    grown = add(plain, new_rows, out=tmp_path / "deep" / "run", targets=["heard"])
    found = polytask.evaluate(grown.path, new_rows)
    assert list(found) == ["heard"]
    assert found["heard"]["rows"] == len(new_rows)
    assert "of the 120 rows for heard were trained or" in found["heard"]["notes"][0]
    (answer,) = grown.model.answer([{"text": "play a song"}])
    assert set(answer) == {"topic", "mood", "heard"}
    entries = {entry.name: entry for entry in read_task_file(RunFolder(grown.path).task_file)}
    assert entries["mood"].folds == 5
    files = [path for e in entries.values() for paths in e.data.values() for path in paths]
    assert all(Path(path).is_file() for path in files)
    assert polytask.run(grown.path).report == grown.report
    with pytest.raises(ConfigError, match=r"polytask add.*polytask run .*tasks.yaml --out DIR"):
        polytask.run(grown.path, budget="10m")


@pytest.mark.usefixtures("linear")
def test_a_task_from_a_file_gets_a_part_of_its_own_and_another_may_follow(
    plain, new_rows, tmp_path
):
    before = _files(plain)
    pl.DataFrame(new_rows).write_csv(tmp_path / "new.csv")
    first = add(plain, tmp_path / "new.csv", out=tmp_path / "a" / "run")
    task = first.report.tasks["heard"]
    assert (task.recipe, task.verdict) == ("TfidfLinear()", "apart")
    assert task.value > 0.7  # the words give it away
    assert first.report.command == f"polytask add {plain} {tmp_path / 'new.csv'}"
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["run"]
    pl.DataFrame(new_rows).rename({"heard": "again"}).write_csv(tmp_path / "more.csv")
    second = add(first.path, tmp_path / "more.csv", out=tmp_path / "b")
    assert list(second.model.tasks) == ["topic", "mood", "heard", "again"]
    assert len(second.model.parts) == 3
    assert len(second.report.controls.parts) == 4
    rows = [{"text": row["text"]} for row in new_rows]
    old, new = polytask.load(plain).answer(rows), second.model.answer(rows)
    assert [{name: row[name] for name in ("topic", "mood")} for row in new] == old
    assert _files(plain) == before


@pytest.mark.usefixtures("linear")
def test_what_cannot_be_added_is_refused_and_leaves_nothing(plain, new_rows, tmp_path):
    before = _files(plain)
    taken = [{**row, "mood": row["heard"]} for row in new_rows]
    with pytest.raises(ConfigError, match=r"has a task 'mood' already.*--target"):
        add(plain, taken, out=tmp_path / "x", targets=["mood"])
    with pytest.raises(OutputError, match="holds a run already"):
        add(plain, new_rows, out=plain)
    with pytest.raises(OutputError, match="no run folder"):
        add(tmp_path, new_rows, out=tmp_path / "x")
    with pytest.raises(ConfigError, match=r"'target'.*targets"):
        add(plain, new_rows, out=tmp_path / "x", target=["heard"])
    with pytest.raises(DataError):
        add(plain, tmp_path / "none.csv", out=tmp_path / "x")
    assert list(tmp_path.iterdir()) == []
    assert _files(plain) == before


@pytest.mark.usefixtures("linear")
def test_a_stop_or_a_place_taken_meanwhile_leaves_nothing(plain, new_rows, tmp_path, monkeypatch):
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(growing, "try_out", stop)
        with pytest.raises(KeyboardInterrupt):
            add(plain, new_rows, out=tmp_path / "x", targets=["heard"])
    assert list(tmp_path.iterdir()) == []

    def take(_event: object) -> None:
        (tmp_path / "x").mkdir(exist_ok=True)
        (tmp_path / "x" / "mine").touch()

    with pytest.raises(OutputError, match=r"no longer free.*another --out"):
        add(plain, new_rows, out=tmp_path / "x", targets=["heard"], listener=take)
    assert [path.name for path in tmp_path.rglob("*")] == ["x", "mine"]


@pytest.mark.usefixtures("linear")
def test_a_model_whose_data_are_gone_still_learns_a_task(plain, new_rows, tmp_path):
    moved = tmp_path / "far" / "away" / "run"
    shutil.copytree(plain, moved)
    grown = add(moved, new_rows, budget="5m", out=tmp_path / "x", targets=["heard"])
    assert list(grown.model.tasks) == ["topic", "mood", "heard"]
    assert "nothing is refitted with them: " in grown.report.said[-1]
    assert "old.jsonl" in grown.report.said[-1]
    assert [one.recipe for one in grown.report.candidates] == ["TfidfLinear()"]
