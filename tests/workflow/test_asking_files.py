"""Runs whose language model is a file on this machine."""

from __future__ import annotations

import json
import random

import pytest

import polytask


def _rows(count: int) -> list[dict[str, str]]:
    chosen = random.Random(0)
    words = {"good": ["lovely", "fine", "great"], "bad": ["awful", "poor", "sad"]}
    moods = [chosen.choice(["good", "bad"]) for _ in range(count)]
    return [
        {"text": f"a {chosen.choice(words[m])} day n{i}", "mood": m} for i, m in enumerate(moods)
    ]


@pytest.fixture
def source(tmp_path):
    pytest.importorskip("xllamacpp", reason="pip install 'polytask[llm-local]'")
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in _rows(160)))
    return path


@pytest.mark.slow
def test_rubbish_from_a_file_ends_in_the_built_in_plan_and_is_measured(
    source, gguf_file, tmp_path, monkeypatch
):
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path / "home"))
    report = polytask.run(
        source,
        budget="90s",
        out=tmp_path / "run",
        llm=str(gguf_file),
        goal="tell the mood of a day",
        share_rows=True,
        prompt_rows=2,
    ).report
    model = report.language_model
    assert (model.model, model.address) == ("tiny", "this machine (tiny.gguf)")
    assert model.cost == 0.0
    assert model.tokens > 100
    assert model.chose.startswith("The language model chose no tasks (")
    assert any("The language model gave no plan" in text for text in report.warnings)
    assert report.tasks["mood"].value > 0.8
    arms = {one.shots: one for one in model.prompted}
    assert (arms[0].rows, arms[8].rows) == (2, 2)
    assert arms[0].outside == 2
    assert arms[0].cost == 0.0
    assert report.timing.prompted["mood, zero-shot"] > 0


@pytest.mark.slow
@pytest.mark.weights("smollm2")
def test_the_embedded_model_is_asked_for_all_and_the_run_keeps_its_budget(source, tmp_path):
    report = polytask.run(
        source,
        budget="6m",
        out=tmp_path / "run",
        llm="smollm2",
        goal="tell the mood of a day",
        share_rows=True,
        prompt_rows=8,
    ).report
    model = report.language_model
    assert (model.model, model.address) == ("smollm2", "this machine (smollm2)")
    assert model.asked >= 1
    assert report.tasks["mood"].value > 0.8
    assert {(one.shots, one.cost) for one in model.prompted} == {(0, 0.0), (8, 0.0)}
    assert all(one.rows > 0 and one.low <= one.value <= one.high for one in model.prompted)
    assert report.timing.total < 6 * 60 * 1.05
