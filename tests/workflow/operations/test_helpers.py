from __future__ import annotations

import json

import pytest

from polytask.workflow.operations.helpers import helpers, ranked
from polytask.workflow.operations.train import train

SETS = {"far": ["far"], "near": ["mood", "theme"]}


def facts(state, part):
    return json.loads((state.folder.parts / part / "facts.json").read_text(encoding="utf-8"))


def test_the_alike_set_comes_first(make_state):
    state = make_state(source="helped.yaml")
    first, second = helpers(state, "topic", SETS)
    assert (first["name"], first["tasks"], first["rows"]) == ("near", ["mood", "theme"], 60)
    assert (second["name"], second["rows"]) == ("far", 60)
    assert 1.0 >= first["similarity"] > second["similarity"] >= -1.0
    assert helpers(state, "topic", SETS) == [first, second]


def test_rows_count_as_much_as_similarity_which_breaks_ties():
    facts = [("small", 0.9, 10), ("large", 0.2, 99), ("both", 0.8, 99), ("none", 0.1, 1)]
    sets = [{"name": n, "similarity": similarity, "rows": rows} for n, similarity, rows in facts]
    assert [one["name"] for one in ranked(sets)] == ["small", "both", "large", "none"]
    assert ranked([]) == []


@pytest.mark.slow
def test_a_part_trained_with_helpers_is_judged_by_what_is_served(make_state):
    state = make_state(source="helped.yaml")
    names = ["topic", "mood", "theme"]
    joint = train(state, names, "FineTune(epochs=1)")
    assert list(joint["dev"]) == ["topic"]
    found = facts(state, joint["part"])
    assert (found["tasks"], list(found["dev"])) == (names, ["topic"])
    only = train(state, ["far"], "FineTune(epochs=1)")
    assert only["dev"] == {}


@pytest.mark.slow
def test_the_rows_of_a_helper_are_part_of_the_key_of_what_it_helped(make_state):
    state, other = make_state(source="helped.yaml"), make_state(name="other", source="folded.yaml")
    assert (
        train(state, ["topic"], "TfidfLinear()")["part"]
        == train(other, ["topic"], "TfidfLinear()")["part"]
    )
    with_near = train(state, ["topic", "mood"], "Probe()")["part"]
    assert with_near not in (train(state, [n], "Probe()")["part"] for n in ("topic", "mood"))
