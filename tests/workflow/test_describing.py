"""What is said of each part: read from the source, without importing it."""

from __future__ import annotations

import pytest

from polytask._errors import ConfigError
from polytask.workflow import describing
from polytask.workflow.checking import VOCABULARY
from polytask.workflow.describing import catalogues, every, measured, one, sources


def test_every_part_of_a_plan_is_described():
    names = [part.name for part in every()]
    assert set(dict(VOCABULARY.catalogues())) <= set(names)
    assert len(names) == len(set(names)), "a name is looked up without its kind"
    assert every()[0].kind == "recipe"


def test_a_part_says_what_it_is_for_what_it_costs_and_where_it_comes_from():
    part = one("FAMO")
    assert part.summary == part.about.partition("\n")[0]
    assert "second forward pass" in part.cost
    assert part.sources == ("Liu et al. 2023, arXiv 2306.03792",)
    assert part.signature == "FAMO(lr: float = 0.025, weight_decay: float = 0.001)"


def test_the_cost_of_a_base_is_that_of_its_parts():
    assert one("DWA").cost == one("GLS").cost != one("FAMO").cost


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("(Lin et al., Focal Loss, 2017, arXiv 1708.02002.)", "Lin et al. 2017, arXiv 1708.02002"),
        ("(Gal, Kendall & Cipolla, Losses, 2018.)", "Gal, Kendall & Cipolla 2018"),
        ("(Hu et al., LoRA: Low-Rank Adaptation, 2021.)", "Hu et al. 2021"),
        ("(once: Doe, A (short) Title, 1999)", "Doe 1999"),
        ("Source: Doe & Roe, Title, 2017, arXiv 1705.0236.", "Doe & Roe 2017, arXiv 1705.0236"),
    ],
)
def test_a_work_is_told_by_authors_year_and_number(text, found):
    assert sources(f"What it does (as said).\n\n{text}\n\n>>> f(2001)") == (found,)


def test_parts_are_told_where_they_may_be_written():
    assert one("PCGrad").places["tasks.yaml"] == 'recipes: ["FineTune(balancer=PCGrad())"]'
    assert one("Probe").places["plan"] == "train(t, Probe())"
    assert list(one("Tagging").places) == ["Python"]
    for part in every():
        written = part.places.get("plan")
        if written:
            VOCABULARY.canonical(written.removeprefix("train(t, ").removesuffix(")"))


def test_an_unknown_part_offers_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'PCGrad'"):
        one("PCgrad")


def test_measured_rows_stand_with_their_part(monkeypatch):
    row = {"part": "Focal", "set": "words", "gain": {"value": 0.01, "low": -0.01, "high": 0.03}}
    monkeypatch.setattr(describing, "measured", lambda: {"rows": [row]})
    assert one("Focal").measured == (row,)
    assert one("CRF").measured == ()


def test_what_was_measured_is_there_and_of_parts_that_are():
    found = measured()
    known = {name for catalogue in catalogues() for name in catalogue}
    assert {row["part"] for row in found["rows"]} <= known
    for row in found["rows"]:
        assert row["gain"]["low"] <= row["gain"]["value"] <= row["gain"]["high"]
        assert row["set"] in found["sets"]
