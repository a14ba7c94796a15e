"""Roles of list columns."""

import polars as pl

from polytask.tasks.detection_facts import facts
from polytask.tasks.detection_lists import list_roles


def roles(columns):
    frame = pl.DataFrame(columns)
    found = list_roles(frame, {name: facts(frame[name]) for name in frame.columns})
    return {
        name: role.kind or (role.tokens and "tokens") or role.role for name, role in found.items()
    }


WORDS = [[f"w{i}", f"v{i * 7 % 31}", "the"] for i in range(60)]


def test_tokens_without_the_name_and_several_tags():
    found = roles({
        "form": WORDS, "pos": [["N", "V", "D"]] * 60, "ner": [["O", "B-x", "O"]] * 60,
        "lemma": [[w.upper() for w in row] for row in WORDS], "topic": [["a"], ["b"]] * 30,
    })  # fmt: skip
    assert found["form"] == "tokens"
    assert (found["pos"], found["ner"], found["topic"]) == ("tagging", "tagging", "multilabel")
    assert found["lemma"] != "tagging"


def test_pieces_of_a_text_are_no_tokens():
    text = [f"shares of Acme{i} rise as Initech{i} falls in early trading" for i in range(40)]
    found = roles({
        "text": text,
        "entities": [[f"Acme{i}", f"Initech{i}"] for i in range(40)],
        "sentiments": [["positive", "negative"]] * 40,
    })  # fmt: skip
    assert found == {"entities": "ignored", "sentiments": "multilabel"}


def test_open_vocabulary_beside_a_text_is_ignored():
    text = [f"a sentence about thing {i}" for i in range(40)]
    assert roles({"text": text, "acts": [[f"Inform|{i}"] for i in range(40)]}) == {
        "acts": "ignored"
    }


def test_tokens_with_a_label_alone():
    assert roles({"words": WORDS, "y": ["a", "b"] * 30}) == {"words": "tokens"}
