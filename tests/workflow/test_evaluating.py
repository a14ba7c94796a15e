from __future__ import annotations

import json

import polars as pl
import pytest

import polytask
from polytask._errors import ConfigError, DataError
from polytask.workflow import evaluating


@pytest.fixture(scope="module")
def labelled(mixed):
    lines = (mixed.job / "rows.jsonl").read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["split"] == "test"]


@pytest.mark.slow
def test_the_test_rows_give_the_values_of_the_report(mixed, labelled):
    found = polytask.evaluate(mixed.path, labelled)
    reported = mixed.result.report.tasks
    assert set(found) == set(reported)
    for name, task in found.items():
        assert task["rows"] == reported[name].n_test
        assert task["value"] == pytest.approx(reported[name].value)
        assert task["low"] <= task["value"] <= task["high"]
        assert task["metrics"] == pytest.approx(reported[name].metrics)


@pytest.mark.slow
@pytest.mark.parametrize("join", [json.dumps, repr, "|".join])
def test_a_csv_is_read_as_training_reads_it(mixed, labelled, tmp_path, join):
    flat = [
        {**row, "themes": join(row["themes"]), "tags": " ".join(row["tags"]),
         "tokens": " ".join(row["tokens"])}
        for row in labelled
    ]  # fmt: skip
    pl.DataFrame(flat).write_csv(tmp_path / "rows.csv")
    found = polytask.evaluate(str(mixed.path), str(tmp_path / "rows.csv"))
    for name, task in found.items():
        assert task["value"] == pytest.approx(mixed.result.report.tasks[name].value)


def test_few_rows_are_enough_and_lists_set_apart_by_signs_are_known(mixed, labelled, tmp_path):
    row = labelled[0]
    pl.DataFrame([{**row, "themes": "|".join(row["themes"])}]).select("text", "themes").write_csv(
        tmp_path / "one.csv"
    )
    alone = polytask.evaluate(mixed.path, [row])["themes"]
    assert polytask.evaluate(mixed.path, tmp_path / "one.csv")["themes"] == alone


def test_a_run_is_no_better_than_itself(mixed, labelled):
    found = polytask.compare(mixed.path, mixed.path, pl.DataFrame(labelled))
    assert set(found) == set(mixed.result.report.tasks)
    for task in found.values():
        assert task["a"] == task["b"]
        assert task["gain"]["low"] <= task["gain"]["value"] == 0 <= task["gain"]["high"]
        assert task["verdict"] in ("no worse", "not decidable")


@pytest.mark.slow
def test_runs_are_compared_on_the_tasks_they_share(mixed, finished, labelled):
    found = polytask.compare(mixed.path, finished.path, labelled)
    assert set(found) == {"topic", "mood"}
    assert found["mood"]["gain"]["value"] == pytest.approx(found["mood"]["a"] - found["mood"]["b"])


def test_rows_that_fit_no_task_are_refused_with_what_is_wanted(mixed):
    with pytest.raises(ConfigError, match=r"labels for no task.*columns: a; wanted: .*mood: text"):
        polytask.evaluate(mixed.path, [{"a": "x"}])
    with pytest.raises(ConfigError, match="share no task"):
        polytask.compare(mixed.path, mixed.path, [{"text": "a song", "mood": None}])
    with pytest.raises(DataError, match="no row has both an input and a label"):
        polytask.evaluate(mixed.path, [{"text": "", "mood": "good"}])


def test_a_margin_out_of_range_is_refused(mixed, labelled):
    with pytest.raises(ConfigError, match="`margin` lies above 0 and below"):
        polytask.compare(mixed.path, mixed.path, labelled, margin=2.0)


@pytest.fixture(scope="module")
def renamed(make_rows, quick_plan, tmp_path_factory):
    """A run whose `topic` has groups and another target column, its `mood` another input column."""
    folder = tmp_path_factory.mktemp("renamed")
    found = [
        {**row, "thema": row["topic"], "body": row["text"], "who": f"p{number // 2}"}
        for number, row in enumerate(make_rows(200, 5))
    ]
    pl.DataFrame(found).write_ndjson(folder / "rows.jsonl")
    (folder / "tasks.yaml").write_text(RENAMED, encoding="utf-8")
    (folder / "plan.py").write_text(quick_plan, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POLYTASK_HOME", str(folder / "home"))
        return polytask.run(folder / "plan.py", out=folder / "run", budget="5m", threads=1).path


RENAMED = """tasks:
  topic: {data: rows.jsonl, input: text, target: thema, group: who}
  mood: {data: rows.jsonl, input: body, target: mood}
"""


@pytest.mark.slow
def test_runs_that_name_columns_otherwise_are_compared_on_what_the_rows_have(
    mixed, renamed, labelled
):
    found = polytask.compare(mixed.path, renamed, labelled)
    assert set(found) == {"topic"}
    assert found["topic"]["rows"] == len(labelled)
    assert "'mood' of B needs the columns body" in found["topic"]["notes"][-1]
    both = polytask.compare(mixed.path, renamed, [{**row, "body": row["text"]} for row in labelled])
    assert set(both) == {"topic", "mood"}
    rows = [{"text": row["text"], "mood": row["mood"]} for row in labelled]
    with pytest.raises(ConfigError, match=r"share no task.*'mood' of B needs the columns body"):
        polytask.compare(mixed.path, renamed, rows)


@pytest.mark.slow
def test_rows_of_a_group_count_as_one(mixed, renamed, labelled):
    rows = [{**row, "thema": row["topic"]} for row in labelled]
    once = polytask.evaluate(renamed, rows)["topic"]
    fourfold = [{**row, "who": f"p{number}"} for number, row in enumerate(rows)] * 4
    grouped = polytask.evaluate(renamed, fourfold)["topic"]
    assert grouped["rows"] == 4 * once["rows"]
    wide = once["high"] - once["low"]
    assert grouped["high"] - grouped["low"] == pytest.approx(wide, rel=0.15)
    alone = polytask.evaluate(renamed, [{**row, "who": ""} for row in fourfold])["topic"]
    assert alone["high"] - alone["low"] == pytest.approx(wide / 2, rel=0.15)

    gains = [
        polytask.compare(renamed, mixed.path, found)["topic"]["gain"]
        for found in (fourfold, [{**row, "who": ""} for row in fourfold])
    ]
    grouped, alone = (gain["high"] - gain["low"] for gain in gains)
    assert gains[0]["value"] == gains[1]["value"]
    assert grouped > 1.5 * alone


def test_rows_that_are_not_measured_are_told(mixed, labelled, tmp_path):
    lines = [json.dumps(row) for row in labelled]
    lines[1] = json.dumps({**labelled[1], "text": "", "topic": ""})
    lines[2] = json.dumps({**labelled[2], "length": "long"})
    lines[3] = json.dumps({**labelled[3], "tags": ["O"]})
    lines[4] = "{"
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for found in (
        polytask.evaluate(mixed.path, path),
        polytask.compare(mixed.path, mixed.path, path),
    ):
        notes = {name: " ".join(task["notes"]) for name, task in found.items()}
        assert all("rows.jsonl:5" in note for note in notes.values())  # could not be read
        assert "not measured" not in notes["topic"]  # what has no label is none to measure
        assert f"not measured for mood: 1, at {path}:2 (" in notes["mood"]
        assert "rows.jsonl:3 (its label is broken)" in notes["length"]
        assert "rows.jsonl:4 (its label is broken)" in notes["words"]


@pytest.mark.slow
def test_rows_of_training_and_strange_labels_are_told(mixed, labelled):
    lines = (mixed.job / "rows.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if row["split"] == "train"]
    said = f"{len(rows):,} of the {len(rows):,} rows for mood were trained or decided on by"
    assert said in polytask.evaluate(mixed.path, rows)["mood"]["notes"][0]
    both = polytask.compare(mixed.path, mixed.path, rows)["mood"]["notes"]
    assert [said in note for note in both[:2]] == [True, True]
    assert polytask.evaluate(mixed.path, labelled)["mood"]["notes"] == []
    odd = [{**row, "mood": "odd"} if i < 3 else row for i, row in enumerate(labelled)]
    (note,) = polytask.evaluate(mixed.path, odd)["mood"]["notes"]
    assert "3 rows for mood carry labels that the model does not know" in note


def test_what_rows_give_no_value_is_absent_and_told(mixed, labelled):
    found = polytask.evaluate(mixed.path, labelled[:1])["length"]
    assert (found["value"], found["low"], found["high"]) == (None, None, None)
    assert "has no value on these rows" in found["notes"][-1]
    pair = polytask.compare(mixed.path, mixed.path, labelled[:1])["length"]
    assert pair["a"] is pair["b"] is None
    json.dumps([found, pair], allow_nan=False)


def test_every_row_of_a_large_file_is_measured(mixed, labelled, tmp_path, monkeypatch):
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, labelled)) + "\n", encoding="utf-8")
    limits = []
    real = evaluating.read

    def read(path, **given):
        limits.append(given)
        return real(path, **{"max_rows": 10} | given)

    monkeypatch.setattr(evaluating, "read", read)
    assert polytask.evaluate(mixed.path, path)["mood"]["rows"] == len(labelled)
    assert limits[0]["max_bytes"] > 2**50
