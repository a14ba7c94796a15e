"""A task more for a finished model: old answers to the bit, folders whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import polytask
from polytask._errors import ConfigError, DataError, OutputError
from polytask.evaluation.report import (
    Control,
    ModelReport,
    PartReport,
    Report,
    TaskReport,
    with_sentences,
    write,
)
from polytask.tasks import read_task_file
from polytask.workflow import trying
from polytask.workflow.adding import add
from polytask.workflow.folder import RunFolder, write_json
from polytask.workflow.settings import Settings

TASKS = """tasks:
  topic: {data: ../data/old.jsonl, input: text, target: topic}
  mood: {data: ../data/old.jsonl, input: text, target: mood, split: {folds: 5}}
"""


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="module")
def old(tmp_path_factory, tiny_encoder, make_rows):
    """A run folder with a trained part of two tasks, made by hand; only read."""
    from polytask.evaluation.prediction import Decisions
    from polytask.learning.encoders.text import TextEncoder
    from polytask.learning.model import Model
    from polytask.learning.neural_part import NeuralPart, head_for
    from polytask.tasks import load

    root = tmp_path_factory.mktemp("old")
    folder = RunFolder(root / "run")
    folder.parts.mkdir(parents=True)
    lines = "\n".join(json.dumps(row) for row in make_rows(80))
    (root / "data").mkdir()
    (root / "data" / "old.jsonl").write_text(lines + "\n", encoding="utf-8")
    folder.task_file.write_text(TASKS, encoding="utf-8")
    folder.plan.write_text("# a plan\n", encoding="utf-8")
    tasks = load(folder.task_file).tasks
    encoder = TextEncoder.load(tiny_encoder)
    heads = {name: head_for(task, encoder.dim).eval() for name, task in tasks.items()}
    part = NeuralPart(encoder, heads, recipe="FineTune(epochs=1)", passes={"topic": 1, "mood": 1})
    decisions = {"topic": Decisions(temperature=1.5, sure_from=0.4)}
    Model({"joint": part}, {"topic": "joint", "mood": "joint"}, decisions, tasks).save(folder.model)
    settings = Settings(encoder=str(tiny_encoder), threads=1, dtype="float32").plain()
    write_json(
        folder.marker,
        {"format": 1, "state": "finished", "settings": settings, "place": str(folder.path),
         "source": "old.jsonl", "budget_seconds": 60.0, "tasks_named": "tasks.yaml"},
    )  # fmt: skip
    write(_report(), folder.report)
    return folder


def _report() -> Report:
    control = Control("TfidfLinear()", 0.8, 0.7, 0.9, None)
    task = TaskReport("multiclass", "accuracy", value=0.9, low=0.8, high=1.0, control=control)
    part = PartReport("joint", "FineTune(epochs=1)", ("topic", "mood"), 100, 400)
    alone = tuple(PartReport(n, "TfidfLinear()", (n,), 50, 200) for n in ("topic", "mood"))
    return with_sentences(
        Report(
            0, 60.0, {"topic": task, "mood": task}, said=("before",), warnings=("kept",),
            model=ModelReport(100, 400, (part,)), controls=ModelReport(100, 400, alone),
        )
    )  # fmt: skip


@pytest.fixture(scope="module")
def new_rows(make_rows):
    """Rows of a task that the old model does not have: whether a text speaks of music."""
    splits = ("train", "train", "dev", "test")
    return [
        {
            "text": row["text"],
            "heard": "yes" if row["topic"] == "music" else "no",
            "split": splits[number % 4],
        }
        for number, row in enumerate(make_rows(120, seed=7))
    ]


@pytest.fixture(scope="module")
def grown(old, new_rows, tmp_path_factory):
    """The old run with a task added by its trunk, whatever dev says of the others."""
    folder = tmp_path_factory.mktemp("grown")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POLYTASK_HOME", str(folder / "home"))
        patch.setattr(trying, "_best", lambda _state, _task, found: found[0])
        return add(old.path, new_rows, out=folder / "run", targets=["heard"])


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
    assert changed == {"model.json", "parts/0/part.json"}


def test_the_report_measures_what_was_added_and_leaves_the_rest(old, grown):
    from polytask.evaluation.report import read

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


def test_the_grown_run_is_used_like_any_other(grown, new_rows):
    found = polytask.evaluate(grown.path, new_rows)
    assert list(found) == ["heard"]
    assert found["heard"]["rows"] == len(new_rows)
    (answer,) = grown.model.answer([{"text": "play a song"}])
    assert set(answer) == {"topic", "mood", "heard"}
    folder = RunFolder(grown.path)
    entries = {entry.name: entry for entry in read_task_file(folder.task_file)}
    assert entries["mood"].folds == 5
    files = [path for e in entries.values() for paths in e.data.values() for path in paths]
    assert all(Path(path).is_file() for path in files)
    assert polytask.run(grown.path).report == grown.report
    with pytest.raises(ConfigError, match=r"polytask add.*polytask run .*tasks.yaml --out DIR"):
        polytask.run(grown.path, budget="10m")


def test_dev_chooses_and_a_part_of_its_own_stands_beside_the_old_ones(old, new_rows, tmp_path):
    pl.DataFrame(new_rows).write_csv(tmp_path / "new.csv")
    result = add(old.path, tmp_path / "new.csv", out=tmp_path / "a" / "run")
    task = result.report.tasks["heard"]
    best = max(one.dev["heard"] for one in result.report.candidates)
    assert task.dev == best
    assert task.value > 0.8  # the words give it away
    assert task.recipe == "TfidfLinear()"
    assert task.verdict == "apart"
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == ["run"]


def test_what_cannot_be_added_is_refused_and_leaves_nothing(old, new_rows, tmp_path):
    before = _files(old.path)
    taken = [{**row, "mood": row["heard"]} for row in new_rows]
    with pytest.raises(ConfigError, match=r"has a task 'mood' already.*--target"):
        add(old.path, taken, out=tmp_path / "x", targets=["mood"])
    with pytest.raises(OutputError, match=r"exists|holds a run already"):
        add(old.path, new_rows, out=old.path)
    with pytest.raises(OutputError, match="no run folder"):
        add(tmp_path, new_rows, out=tmp_path / "x")
    with pytest.raises(ConfigError, match=r"'target'.*targets"):
        add(old.path, new_rows, out=tmp_path / "x", target=["heard"])
    with pytest.raises(DataError):
        add(old.path, tmp_path / "none.csv", out=tmp_path / "x")
    assert not (tmp_path / "x").exists()
    assert not list(tmp_path.glob("*.tmp"))
    assert _files(old.path) == before


def test_a_stop_on_the_way_leaves_nothing(old, new_rows, tmp_path, monkeypatch):
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(trying, "try_out", stop)
    with pytest.raises(KeyboardInterrupt):
        add(old.path, new_rows, out=tmp_path / "x", targets=["heard"])
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("x")]
