from __future__ import annotations

import json
from typing import TYPE_CHECKING

import polars as pl
import pytest

import polytask
from polytask._errors import ConfigError, OutputError
from polytask.workflow.folder import RunFolder
from polytask.workflow.predicting import check_run, predict_file

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [
    {"id": 7, "text": "a great song on the album", "tokens": ["great", "song"], "note": "keep"},
    {"id": 8, "text": "", "tokens": ["sad", "rain"], "note": None},
    {"id": 9, "text": "awful storm and wind", "tokens": ["storm"], "note": "最"},
]


@pytest.fixture
def new_rows(tmp_path: Path) -> Path:
    path = tmp_path / "new.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return path


@pytest.mark.slow
def test_every_task_is_answered_and_other_columns_are_kept(mixed, new_rows, tmp_path):
    found = predict_file(mixed.path, new_rows, tmp_path / "out.parquet", tasks=())
    out = pl.read_parquet(tmp_path / "out.parquet")
    assert found.rows == len(out) == 3
    assert out["id"].to_list() == [7, 8, 9]
    assert out["note"].to_list() == ["keep", None, "最"]
    assert out["mood"].to_list() == ["good", None, "bad"]
    assert out["topic"].to_list() == ["music", None, "weather"]
    assert out["words"].to_list() == [["O", "B-music"], ["O", "O"], ["O"]]
    assert out["length"].dtype == pl.Float64
    assert "length_confidence" not in out.columns
    assert out["mood_confidence"].drop_nulls().is_between(0, 1).all()
    assert any("'text' is empty" in note and "new.jsonl:2" in note for note in found.notes)


def test_chosen_tasks_alone_are_answered(mixed, new_rows, tmp_path):
    predict_file(mixed.path, new_rows, tmp_path / "out.csv", tasks=["mood"], probabilities=True)
    out = pl.read_csv(tmp_path / "out.csv")
    assert [name for name in out.columns if name not in ROWS[0]] == [
        "mood",
        "mood_confidence",
        "mood_sure",
        "mood_probabilities",
    ]
    shares = json.loads(out["mood_probabilities"][0])
    assert shares["good"] > 0.5
    assert sum(shares.values()) == pytest.approx(1, abs=1e-5)


def test_answering_answered_rows_replaces_no_column(mixed, new_rows, tmp_path):
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    predict_file(mixed.path, new_rows, first, tasks=["mood"])
    predict_file(mixed.path, first, second, tasks=["mood"])
    before, after = pl.read_ndjson(first), pl.read_ndjson(second)
    assert after.select(before.columns).equals(before)
    assert after["mood_answer"].to_list() == before["mood"].to_list()
    assert after["mood_answer_sure"].to_list() == before["mood_sure"].to_list()


def test_each_part_runs_once_a_row(mixed, new_rows, tmp_path, monkeypatch):
    from polytask.learning.linear_part import LinearPart

    runs = []
    scores = LinearPart.scores

    def counted(self, inputs, tasks=None):
        runs.append((id(self), len(inputs)))
        return scores(self, inputs, tasks)

    monkeypatch.setattr(LinearPart, "scores", counted)
    predict_file(mixed.path, new_rows, tmp_path / "out.jsonl", tasks=())
    assert len(runs) == len({part for part, _ in runs}) == len(mixed.result.model.parts)
    assert {count for _, count in runs} == {2, 3}


def test_unknown_tasks_and_columns_offer_the_nearest(mixed, new_rows, tmp_path):
    with pytest.raises(ConfigError, match=r"no task 'moods'.*'mood'"):
        predict_file(mixed.path, new_rows, tmp_path / "out.csv", tasks=["moods"])
    new_rows.write_text('{"texts": "a"}\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"needs the column 'text'.*'texts'"):
        predict_file(mixed.path, new_rows, tmp_path / "out.csv", tasks=())
    assert not (tmp_path / "out.csv").exists()


def test_a_run_without_a_model_says_how_to_finish_it(tmp_path):
    with RunFolder(tmp_path / "run").created({"state": "started"}):
        pass
    with pytest.raises(OutputError, match=r"has no model yet: `polytask run .*run`"):
        check_run(tmp_path / "run")


@pytest.mark.parametrize("run", [5, None, {}])
def test_what_is_no_path_is_no_run(run):
    for use in (polytask.load, lambda run: polytask.evaluate(run, [{"text": "a"}])):
        with pytest.raises(ConfigError, match=r"by the path of its folder; found .*model\.answer"):
            use(run)


def test_a_model_is_loaded_from_the_text_of_a_path(mixed):
    model = polytask.load(str(mixed.path))
    assert set(model.tasks) == {"topic", "mood", "themes", "length", "words"}
