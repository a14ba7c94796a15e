from __future__ import annotations

import json

import polars as pl
import pytest

from polytask._errors import ConfigError
from polytask.tasks.task import Column, Inputs
from polytask.workflow.predicting import load_model, predict_file
from polytask.workflow.running import run


def test_a_program_is_measured_against_what_was_trained_for_its_target(program_job, tmp_path):
    result = run(program_job / "plan.py", budget="60s", out=tmp_path / "run")
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
    (program_job / "programs/triage.py").write_text("def route(row):\n    return None\n")
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
