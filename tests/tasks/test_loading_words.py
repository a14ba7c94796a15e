"""Lists hidden in text cells."""

import polars as pl

from polytask.tasks import load
from polytask.tasks.loading_words import unfold


def test_labels_set_apart_by_signs():
    for sign in ("|", ";"):
        cells = [f"war{sign} drama", "drama", f"drama{sign}", None] * 10
        frame, (finding,) = unfold(pl.DataFrame({"genres": cells}), "films")
        assert frame["genres"].to_list()[:4] == [["war", "drama"], ["drama"], ["drama"], None]
        assert finding.code == "lists"
        assert "'genres'" in finding.message


def test_text_with_such_signs_stays_text():
    texts = [f"wait; this is sentence number {i}" for i in range(50)]
    frame, findings = unfold(pl.DataFrame({"text": texts}), "t")
    assert frame["text"].dtype == pl.String
    assert not findings


def test_words_and_span_tags_beside_them():
    words = [f"fly to  Paris {i}" for i in range(40)]
    frame, _ = unfold(pl.DataFrame({"text": words, "slots": ["O O B-city O"] * 40}), "t")
    assert frame["text"][0].to_list() == ["fly", "to", "Paris", "0"]
    assert frame["slots"][0].to_list() == ["O", "O", "B-city", "O"]


def test_plain_or_uneven_words_stay_text():
    words = [f"fly to Paris {i}" for i in range(40)]
    for tags in ("V P N N", "O B-city"):
        frame, _ = unfold(pl.DataFrame({"text": words, "tags": [tags] * 40}), "t")
        assert frame["text"].dtype == pl.String


def test_a_csv_of_sentences_and_slots_becomes_tagging(tmp_path):
    lines = ["text,slots,intent"]
    lines += [f"fly to Paris {i},O O B-city O,{'ab'[i % 2]}" for i in range(60)]
    (tmp_path / "d.csv").write_text("\n".join(lines))
    taskset = load(tmp_path / "d.csv")
    assert {name: task.kind for name, task in taskset.tasks.items()} == {
        "slots": "tagging",
        "intent": "binary",
    }
    assert len(taskset.tables) == 1
