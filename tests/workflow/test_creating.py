from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from polytask._errors import BudgetError, ConfigError, DataError, OutputError, PlanError
from polytask.tasks import load
from polytask.workflow.creating import create, shown, smallest
from polytask.workflow.settings import Settings

SETTINGS = Settings(threads=1)


def people(count: int = 60) -> list[dict]:
    return [
        {"text": f"{word} day {i}", "mood": word, "id": i}
        for i in range(count // 2)
        for word in ("good", "bad")
    ]


def test_files_become_a_folder_with_task_file_plan_and_marker(job, tmp_path):
    folder = create(job / "data", "5m", tmp_path / "run", SETTINGS)
    assert folder.exists
    assert set(load(folder.task_file)) == {"topic", "mood"}
    assert "train(" in folder.plan.read_text(encoding="utf-8")
    found = json.loads(folder.marker.read_text(encoding="utf-8"))
    assert (found["state"], found["budget_seconds"]) == ("started", 300.0)
    assert found["settings"]["threads"] == 1
    assert found["settings"]["dtype"] in ("bfloat16", "float32")  # a resume elsewhere keeps to it


@pytest.mark.parametrize("kind", ["rows", "polars", "pandas", "splits", "named"])
def test_data_in_memory_are_kept_with_the_run(tmp_path, kind):
    rows = people()
    source = {
        "rows": lambda: rows,
        "polars": lambda: pl.DataFrame(rows),
        "pandas": lambda: pytest.importorskip("pandas").DataFrame(rows),
        "splits": lambda: {"train": rows[:40], "test": pl.DataFrame(rows[40:])},
        "named": lambda: {"train_moods": rows},
    }[kind]()
    folder = create(source, "5m", tmp_path / "run", SETTINGS)
    kept, before = load(folder.task_file), load(source)
    assert [t.kind for t in kept.tasks.values()] == [t.kind for t in before.tasks.values()]
    for one, other in zip(kept.tables.values(), before.tables.values(), strict=True):
        assert one.frame.to_dicts() == other.frame.to_dicts()
        assert [s.tolist() for s in one.splits] == [s.tolist() for s in other.splits]
    files = list(folder.data.glob("*.parquet"))
    assert len(files) == (2 if kind == "splits" else 1)
    assert "id" not in pl.read_parquet(files[0]).columns  # nothing is learned from it
    text = folder.task_file.read_text(encoding="utf-8")
    assert "data/" in text
    assert str(tmp_path) not in text


def test_images_named_in_memory_go_into_the_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for i in range(12):
        Image.new("RGB", (8, 8), (20 * i, 0, 0)).save(f"{i}.png")
    rows = [{"photo": f"{i}.png", "label": "ab"[i % 2]} for i in range(12)]
    encoder = tmp_path / "encoder"
    encoder.mkdir()
    for name in ("config.json", "model.safetensors"):
        (encoder / name).write_text('{"model_type": "x"}', encoding="utf-8")
    settings = Settings(threads=1, image_encoder=str(encoder))
    folder = create(rows, "5m", tmp_path / "run", settings)
    for i in range(12):
        Path(f"{i}.png").unlink()
    (table,) = load(folder.task_file).tables.values()
    assert (table.columns[0].modality, table.frame["photo"].dtype) == ("image", pl.Binary)


def test_a_plan_is_copied_and_its_task_file_found_beside_it(job, tmp_path):
    plan = job / "plan.py"
    text = plan.read_text(encoding="utf-8").replace('"tasks.yaml"', '"sub/x.yaml"')
    plan.write_text(text, encoding="utf-8")
    (job / "sub").mkdir()
    tasks = (job / "tasks.yaml").read_text(encoding="utf-8")
    (job / "sub" / "x.yaml").write_text(tasks.replace("data/", "../data/"), encoding="utf-8")
    first = create(plan, "5m", tmp_path / "first", SETTINGS)
    assert first.plan.read_text(encoding="utf-8") == text
    # The copy of the plan can be run again, though `sub/x.yaml` does not stand beside it.
    second = create(first.plan, "5m", tmp_path / "second", SETTINGS)
    assert set(load(second.task_file)) == {"topic", "mood"}


@pytest.mark.parametrize(
    ("source", "budget", "error", "message"),
    [
        (people(), "1s", BudgetError, "smallest budget"),
        ([], "5m", DataError, "at least one"),
        (["nowhere.csv"], "5m", DataError, "nowhere.csv"),
        ("plan.py", "5m", PlanError, "cannot be read"),
        (None, "5m", DataError, "found NoneType"),
    ],
    ids=str,
)
def test_nothing_is_made_of_what_is_refused(tmp_path, source, budget, error, message):
    with pytest.raises(error, match=message):
        create(source, budget, tmp_path / "run", SETTINGS)
    assert not (tmp_path / "run").exists()


def test_a_run_folder_among_files_is_no_data(tmp_path):
    run = create(people(), "5m", tmp_path / "first", SETTINGS).path
    with pytest.raises(ConfigError, match=r"first is a run folder.*`polytask run .*first`"):
        create([run, "more.csv"], "5m", tmp_path / "second", SETTINGS)


def test_what_fails_midway_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("polytask.workflow.creating.write_text", _full)
    with pytest.raises(OutputError, match="No space left"):
        create(people(), "5m", tmp_path / "run", SETTINGS)
    assert not (tmp_path / "run").exists()


def _full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_runs_without_a_name_are_numbered(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = [create(people(), "5m", None, SETTINGS).path for _ in range(2)]
    assert paths == [Path("runs/memory-1"), Path("runs/memory-2")]


def test_a_source_is_shown_as_it_is_typed():
    assert shown(Path("data dir")) == "'data dir'"
    assert shown(["a.csv", "b.csv"]) == "a.csv b.csv"
    assert shown(pl.DataFrame(people())) == "memory"


def test_more_rows_need_more_time():
    few, many = load(people()), load(people(4000))
    assert 10.0 < smallest(few) < smallest(many) < 15.0
