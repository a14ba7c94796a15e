"""Helpers: which of their rows are learned from, under which names, and what is told of it."""

import json
from dataclasses import replace

import numpy as np
import pytest

from polytask._errors import ConfigError, DataError
from polytask.tasks import load, loading_helpers, profile, with_helpers, write_task_file


def film(number):
    return f"the film number {number} was {'fine' if number % 2 else 'dull'}"


def sentences(numbers, **more):
    return [{"text": film(n), "label": ("bad", "good")[n % 2], **more} for n in numbers]


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


@pytest.fixture
def films(tmp_path):
    """Train, dev and test files of a task."""
    parts = {"train": range(100), "dev": range(100, 140), "test": range(140, 200)}
    for part, numbers in parts.items():
        write(tmp_path / "films" / f"{part}.jsonl", sentences(numbers))
    return tmp_path / "films"


@pytest.fixture
def plays(tmp_path):
    """A helper with ten rows each of the dev and of the test rows of `films`, written otherwise."""
    told = sentences([*range(130, 150), *range(1000, 1200)])
    rows = [{**row, "text": row["text"].upper().replace(" ", "  ")} for row in told]
    write(tmp_path / "more" / "plays" / "train.jsonl", rows[:100])
    write(tmp_path / "more" / "plays" / "test.jsonl", rows[100:])
    return tmp_path / "more"


def splits(taskset):
    return {name: table.final.tolist() for name, table in taskset.tables.items()}


def test_helpers_change_nothing_in_what_is_served(films, plays):
    alone = load(films)
    found = with_helpers(alone, plays)
    assert list(found) == list(alone) == ["label"]
    assert found["label"] == alone["label"]
    assert splits(found)["films"] == splits(alone)["films"]
    assert profile(found)["label"] == profile(alone)["label"]
    assert with_helpers(alone, []) is alone


def test_all_rows_help_but_those_that_a_task_is_judged_by(films, plays):
    found = with_helpers(load(films), plays)
    task = found["plays_label"]
    assert (list(found.helpers), task.kind, task.table) == (["plays_label"], "binary", "plays")
    fold = found.fold(["label", "plays_label"])
    assert len(fold.train["plays"]) == 200
    assert not len(fold.dev["plays"])
    assert not len(found.test(["plays_label"])["plays"])
    kept = {text.lower().replace("  ", " ") for text in fold.train["plays"].inputs.values["text"]}
    assert kept == {film(n) for n in range(1000, 1200)}
    (leak,) = [f for f in found.findings if f.code == "leak"]
    assert (leak.where, leak.count, leak.severity) == ("plays", 20, "warning")
    assert "20 of its rows stand among the dev or test rows of films" in leak.message
    assert any(f.code == "helper" and "200 rows to learn from" in f.message for f in found.findings)


def test_with_folds_every_row_of_a_task_is_judged_once(tmp_path):
    served = load(sentences(range(60)))
    write(tmp_path / "plays" / "train.jsonl", sentences([*range(50, 60), *range(1000, 1050)]))
    found = with_helpers(served, tmp_path / "plays")
    assert served.folds(["label"]) == 5
    assert len(found.fold(["plays_label"]).train["plays"]) == 50
    assert found.folds(["label", "plays_label"]) == 5
    assert [len(found.fold(["plays_label"], n).train["plays"]) for n in range(5)] == [50] * 5


def test_of_a_large_set_the_same_rows_are_taken_in_any_order(films, tmp_path, monkeypatch):
    monkeypatch.setattr(loading_helpers, "MOST", 50)
    taken = []
    for order in (1, -1):
        write(tmp_path / "plays" / "train.jsonl", sentences(range(1000, 1200))[::order])
        found = with_helpers(load(films), tmp_path / "plays")
        taken.append(set(found.fold(["plays_label"]).train["plays"].inputs.values["text"]))
        assert any("50 of 200 rows to learn from" in f.message for f in found.findings)
    assert len(taken[0]) == 50
    assert taken[0] == taken[1]


@pytest.mark.usefixtures("films")
def test_names_that_are_taken_get_an_underscore(tmp_path):
    write(tmp_path / "more" / "films" / "train.jsonl", sentences(range(1000, 1060)))
    entry = "{data: films, input: text, target: label}"
    (tmp_path / "tasks.yaml").write_text(f"tasks: {{films_label: {entry}}}\n", encoding="utf-8")
    found = with_helpers(load(tmp_path / "tasks.yaml"), tmp_path / "more")
    assert list(found.helpers) == ["films_label_"]
    assert found["films_label_"].table == "films_"
    assert len(found.tables["films"].final) == 200
    assert len(found.tables["films_"].final) == 60


def test_written_helpers_load_back(films, plays, tmp_path):
    found = with_helpers(load(films), plays)
    path = tmp_path / "tasks.yaml"
    write_task_file(found, path)
    again = load(path)
    named = {name: replace(task, reason="stated") for name, task in found.helpers.items()}
    assert list(again) == list(found)
    assert again.helpers == named
    assert splits(again) == splits(found)
    more = with_helpers(
        again, write(tmp_path / "songs" / "train.jsonl", sentences(range(900, 960)))
    )
    assert list(more.helpers) == ["plays_label", "songs_label"]


def test_a_helper_whose_rows_all_judge_is_left_out_with_the_reason(films, tmp_path):
    write(tmp_path / "more" / "known.jsonl", sentences(range(140, 200)))
    found = with_helpers(load(films), tmp_path / "more")
    assert not found.helpers
    (told,) = [one for one in found.findings if one.code == "left_out"]
    assert told.message == (
        "known cannot help and was left out: all of its 60 rows stand among the dev or test rows "
        "of films, which judge"
    )


@pytest.mark.usefixtures("films")
def test_a_helper_that_cannot_be_learned_is_left_out_and_said(tmp_path):
    rows = sentences(range(1000, 1060))
    write(tmp_path / "more" / "plays" / "train.jsonl", [{**row, "label": "one"} for row in rows])
    (tmp_path / "tasks.yaml").write_text(
        "tasks:\n  mood: {data: films, input: text, target: label}\n"
        "helpers:\n  plays: {data: more/plays, input: text, target: label, kind: binary}\n",
        encoding="utf-8",
    )
    found = load(tmp_path / "tasks.yaml")
    assert not found.helpers
    assert list(found.tables) == ["films"]
    assert any(f.code == "left_out" and "plays" in f.message for f in found.findings)


@pytest.mark.parametrize(
    ("helpers", "said"),
    [
        ("more/", r"`helpers` takes what `tasks` takes.*found 'more/'.*--helpers"),
        ("{mood: {data: x, target: y}}", r"'mood' stands under `tasks` and under `helpers`"),
        ("{other: {data: x}}", r"task 'other' lacks `target`"),
    ],
)
def test_wrong_helpers_in_a_task_file_are_refused(tmp_path, helpers, said):
    path = tmp_path / "tasks.yaml"
    path.write_text(f"tasks: {{mood: {{data: x, target: y}}}}\nhelpers: {helpers}\n")
    with pytest.raises(ConfigError, match=said):
        load(path)


def test_what_is_not_there_is_refused(films, tmp_path):
    with pytest.raises(DataError, match="nothing"):
        with_helpers(load(films), tmp_path / "nothing")


def test_helpers_are_profiled_and_matched_with_the_tasks_they_could_help(films, plays):
    rows = [{"text": f"这部电影很好看{n}", "label": "ab"[n % 2]} for n in range(60)]
    write(plays / "电影" / "train.jsonl", rows)
    tags = [{"tokens": ["a", "b"], "tags": ["B-x", "O"]} for _ in range(30)]
    write(plays / "spans" / "train.jsonl", [{**t, "n": n} for n, t in enumerate(tags)])
    found = profile(with_helpers(load(films), plays))
    assert list(found) == ["label"]
    assert {one.table for one in found.helpers.values()} == {"plays", "电影", "spans"}
    plain = found["plays_label"]
    assert (plain.n_train, plain.n_dev, plain.n_test, plain.folds) == (200, 0, 0, 1)
    assert {name: [t.name for t in tasks] for name, tasks in found.helping("label").items()} == {
        "plays": ["plays_label"]
    }
    assert type(found).from_json(json.dumps(found.to_json())) == found
    assert np.isclose(plain.mean_length, 6, atol=1)
