from __future__ import annotations

import json

import polars as pl
import pytest

from polytask._errors import ConfigError, PlanError
from polytask.tasks import load, write_task_file
from polytask.tasks.task import Column, Inputs
from polytask.workflow.predicting import load_model, predict_file
from polytask.workflow.programming import check_programs, programs
from polytask.workflow.running import run

TRIAGE = """from polytask.program import predict

def route(row):
    mood = predict("mood", row)
    if mood["label"] == "bad":
        return {"queue": "person", "probability": mood["probability"]}
    topic = predict("topic", row)
    return {"queue": topic["label"] if topic["probability"] > 0.4 else None}
"""
ESCALATE = """from polytask.program import predict

def escalate(row):
    found = predict("triage", row)
    return "yes" if found is None or found["queue"] == "person" else "no"
"""
PLAN = """from polytask.plan import TfidfLinear, combine, finish, tasks, train

t = tasks("tasks.yaml")
parts = {name: train([name], TfidfLinear())["part"] for name in t}
finish(combine(parts, parts))
"""
TASKS = """tasks:
  topic: {data: DATA, input: text, target: topic}
  mood: {data: DATA, input: text, target: mood}
  triage: {data: DATA, input: text, target: queue, program: "programs/triage.py:route"}
  escalate: {data: DATA, input: text, target: escalate, program: programs/escalate.py}
""".replace("DATA", "{train: train.jsonl, dev: dev.jsonl, test: test.jsonl}")


@pytest.fixture
def place(tmp_path, monkeypatch, make_rows):
    """A folder with data, a task file with two programs, and a plan."""
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "job"
    (folder / "programs").mkdir(parents=True)
    for seed, (split, count) in enumerate({"train": 300, "dev": 120, "test": 120}.items()):
        rows = make_rows(count, seed=seed)
        for row in rows:
            row["queue"] = "person" if row["mood"] == "bad" else row["topic"]
            row["escalate"] = "yes" if row["queue"] == "person" else "no"
        pl.DataFrame(rows).write_ndjson(folder / f"{split}.jsonl")
    (folder / "tasks.yaml").write_text(TASKS)
    (folder / "plan.py").write_text(PLAN)
    (folder / "programs/triage.py").write_text(TRIAGE)
    (folder / "programs/escalate.py").write_text(ESCALATE)
    return folder


def test_a_program_is_measured_against_what_was_trained_for_its_target(place, tmp_path):
    result = run(place / "plan.py", budget="60s", out=tmp_path / "run")
    triage = result.report.tasks["triage"]
    assert triage.recipe == "Program(file='0_triage.py')"
    assert triage.control.recipe == "TfidfLinear()"
    assert triage.status == "ok"
    assert triage.low < triage.value < triage.high
    assert triage.value > 0.8
    assert triage.verdict in ("better", "no worse", "worse", "not decidable")
    assert triage.decisions.coverage is not None
    assert result.report.tasks["escalate"].value > 0.8
    # What the copy of the program says is what was measured and is served.
    (place / "programs/triage.py").write_text("def route(row):\n    return None\n")
    rows = [{"text": "the play song is great"}, {"text": "awful storm rain"}]
    found = result.model.answer(rows)
    assert [row["triage"] for row in found] == ["music", "person"]
    assert [row["escalate"] for row in found] == ["no", "yes"]
    _traces(tmp_path / "run", rows)
    stored = json.loads((tmp_path / "run/report.json").read_text())
    assert stored["tasks"]["triage"]["control"]["recipe"] == "TfidfLinear()"


def _traces(path, rows):
    pl.DataFrame(rows).write_ndjson(path / "new.jsonl")
    predict_file(
        path, path / "new.jsonl", path / "out.jsonl", tasks=["triage", "topic"], trace=True
    )
    found = [json.loads(line) for line in (path / "out.jsonl").read_text().splitlines()]
    first, second = (row["triage_trace"] for row in found)
    assert [line.partition("(")[0] for line in first] == [
        "line 4: predict",
        "line 7: predict",
        'returned {"queue": "music"}',
    ]
    assert "→ bad (" in second[0]
    assert len(second) == 2
    assert "topic_trace" not in found[0]
    with pytest.raises(ConfigError, match="No program answers topic"):
        predict_file(path, path / "new.jsonl", None, tasks=["topic"], trace=True)
    with pytest.raises(ConfigError, match="in one step, by TfidfLinear"):
        load_model(path).traced(Inputs((Column("text"),), {"text": ["hi"]}), "topic")


def test_a_task_file_with_programs_is_written_and_read_back(place, tmp_path):
    taskset = load(place / "tasks.yaml")
    again = tmp_path / "tasks.yaml"
    write_task_file(taskset, again)
    assert "program: job/programs/triage.py:route" in again.read_text()
    assert load(again).programs.keys() == {"triage", "escalate"}
    found = programs(load(again))
    assert found["triage"].tasks == ("topic", "mood")
    assert found["escalate"].tasks == ("topic", "mood", "triage")
    assert found["escalate"].calls == ["triage"]
    check_programs(load(again))


def test_programs_cannot_call_each_other_in_a_circle(place):
    text = TRIAGE.replace('predict("mood", row)', 'predict("escalate", row)')
    (place / "programs/triage.py").write_text(text)
    with pytest.raises(PlanError, match=r"triage\.py:4: predict\('escalate', …\)"):
        run(place / "tasks.yaml", budget="60s")
    assert not (place.parent / "runs").exists()


def test_a_program_cannot_tag_nor_be_judged_in_folds(place, make_rows):
    alone = TASKS.replace("{train: train.jsonl, dev: dev.jsonl, test: test.jsonl}", "train.jsonl")
    (place / "tasks.yaml").write_text(alone)
    with pytest.raises(ConfigError, match="judged in 5 folds"):
        check_programs(load(place / "tasks.yaml"))
    rows = [
        {"text": row["text"], "tags": " ".join("O" for _ in row["text"].split())}
        for row in make_rows(60)
    ]
    rows = [{**row, "tags": row["tags"].replace("O", "B-x", 1)} for row in rows]
    pl.DataFrame(rows).write_ndjson(place / "tags.jsonl")
    (place / "tasks.yaml").write_text(
        "tasks:\n  tags: {data: tags.jsonl, input: text, target: tags, kind: tagging, "
        "program: programs/escalate.py}\n"
    )
    with pytest.raises(ConfigError, match="asks for tags"):
        check_programs(load(place / "tasks.yaml"))
