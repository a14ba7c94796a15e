"""The profile of a task set."""

import json

import polars as pl
import pytest

from polytask.tasks import Profile, load, profile

ROWS = [
    {"text": f"{w} day number {i}", "mood": w, "grade": i * 0.5 if i % 3 else None}
    for i in range(60)
    for w in ("good", "bad", "good")
]


@pytest.fixture(scope="module")
def figures():
    return profile(load(ROWS))


def test_figures(figures):
    mood, grade = figures["mood"], figures["grade"]
    assert list(figures) == ["mood", "grade"]
    assert len(figures) == 2
    assert (mood.kind, mood.metric, mood.folds) == ("binary", "accuracy", 5)
    assert mood.n_test == 180
    assert mood.n_train + mood.n_dev < 180
    assert set(mood.classes) == {"bad", "good"}
    assert mood.imbalance == pytest.approx(2.0, abs=0.2)
    assert mood.mean_length == 4.0
    assert mood.max_length == 4
    assert mood.language in ("", "en")
    assert mood.duplicates == 60
    assert grade.kind == "regression"
    assert grade.classes == {}
    assert grade.unlabelled > 0
    assert grade.target_mean == pytest.approx(15, abs=2)
    assert mood.target_mean is None


def test_facts_are_plain_values_for_a_plan(figures):
    facts = figures["mood"].facts()
    assert facts["train"] == figures["mood"].n_train
    assert facts["classes"] == 2
    assert {"kind", "metric", "table", "language", "mean_length", "folds", "dev", "test"} <= set(
        facts
    )
    assert json.loads(json.dumps(facts)) == facts


def test_json_and_back(figures):
    text = json.dumps(figures.to_json(), allow_nan=False)
    assert Profile.from_json(text) == figures
    assert Profile.from_json(json.loads(text)).findings == figures.findings


def test_chinese_characters_count_as_words_and_images_have_no_length():
    rows = [{"text": f"你好世界 {i}", "y": "ab"[i % 2]} for i in range(50)]
    assert profile(load(rows))["y"].mean_length == 5.0


def test_unseen_and_conflicts_are_counted():
    train = [{"text": f"word {w} {i}", "y": w} for i in range(30) for w in ("a", "b")]
    train += [{"text": "word both", "y": "a"}, {"text": "Word  both", "y": "b"}]
    test = [{"text": f"test {w} {i}", "y": w} for i in range(10) for w in ("a", "c")]
    found = profile(load({"train": pl.DataFrame(train), "test": pl.DataFrame(test)}))["y"]
    assert found.unseen == ("c",)
    assert found.conflicts == 2


def test_alike_tables_are_told_and_a_profile_without_them_is_read():
    texts = {"film": "the dull film", "play": "the dull play", "card": "the lost card"}
    tables = {
        name: pl.DataFrame({"x": [f"{text} {i}" for i in range(60)], name: ["a", "b"] * 30})
        for name, text in texts.items()
    }
    found = profile(load(tables))
    film = found["film"]
    assert film.alike[found["play"].table] > film.alike[found["card"].table]
    data = found.to_json()
    assert Profile.from_json(json.dumps(data)) == found
    for task in data["tasks"].values():
        del task["alike"]  # as written before there was such a figure
    assert Profile.from_json(data)["film"].alike == {}
