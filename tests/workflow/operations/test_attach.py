from __future__ import annotations

import json

import polars as pl
import pytest

from polytask._errors import ConfigError
from polytask.tasks import load
from polytask.tasks.task import Column, Inputs
from polytask.workflow.predicting import load_model, predict_file
from polytask.workflow.running import run


@pytest.mark.slow
def test_a_program_is_measured_against_what_was_trained_for_its_target(program_job, tmp_path):
    result = run(program_job / "plan.py", budget="2m", out=tmp_path / "run")
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
    # That copy may be edited: a finished run then measures it anew.
    (copy,) = (tmp_path / "run/programs").glob("0_*")
    copy.write_text("def route(row):\n    return None\n")
    edited = run(tmp_path / "run")
    assert edited.report.tasks["triage"].value == 0
    assert any(f.code == "no_answer" and "not sure" in f.message for f in edited.report.findings)
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


@pytest.mark.slow
def test_a_program_without_a_target_is_served_and_not_measured(program_job, tmp_path):
    with (program_job / "tasks.yaml").open("a") as file:
        file.write("  whole:\n    program: programs/whole.py\n    input: text\n")
    (program_job / "programs/whole.py").write_text(
        "from polytask.program import predict\n\ndef whole(row):\n"
        "    if not row['text'].startswith('the'):\n        return None\n"
        "    return {'queue': predict('triage', row)['queue'], 'words': row['text'].split()}\n"
    )
    result = run(program_job / "plan.py", budget="2m", out=tmp_path / "run")
    assert "whole" not in result.report.tasks
    assert [part.tasks for part in result.report.model.parts][-1] == ("whole",)
    rows = [{"text": "the play song is great"}, {"text": "awful storm"}]
    found = [row["whole"] for row in result.model.answer(rows)]
    assert found == [{"queue": "music", "words": ["the", "play", "song", "is", "great"]}, None]
    pl.DataFrame(rows).write_ndjson(tmp_path / "new.jsonl")
    predict_file(tmp_path / "run", tmp_path / "new.jsonl", tmp_path / "out.jsonl", tasks=["whole"])
    first, second = map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())
    assert json.loads(first["whole"]) == found[0]
    assert second["whole"] is None
    assert "whole_confidence" not in first
    again = load(tmp_path / "run/tasks.yaml")
    assert again.unmeasured.keys() == {"whole"}
    assert list(again.programs) == ["triage", "escalate", "whole"]
