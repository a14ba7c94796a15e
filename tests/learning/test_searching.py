from __future__ import annotations

import math

import pytest

from polytask._catalogue import parse
from polytask._errors import ConfigError
from polytask.learning.searching import EPOCHS, RANGES, SAMPLERS, TRAINED, suggest
from polytask.workflow.operations.recipes import build


def play(sampler, score, rounds, seed=0):
    """Scores by recipe of a search that takes one recipe a time."""
    tried: dict[str, float] = {}
    for _ in range(rounds):
        recipe = suggest(sampler, "text", tried, seed=seed)[0]
        tried[recipe] = score(recipe)
    return tried


def rate(recipe):
    return parse(recipe).arguments["learning_rate"]


@pytest.mark.parametrize("modality", TRAINED)
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_what_is_suggested_can_be_trained_and_lies_in_the_space(sampler, modality):
    recipes = suggest(sampler, modality, {}, count=8)
    assert len(set(recipes)) == 8
    for recipe in recipes:
        built = build(recipe)
        assert str(built.learning_rate) in recipe
        for name, (low, high) in {**RANGES, "epochs": EPOCHS}.items():
            assert low <= getattr(built, name) <= high


@pytest.mark.slow
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_seed_and_history_alone_decide(sampler):
    tried = play(sampler, lambda recipe: -math.log(rate(recipe)), 6)
    assert play(sampler, lambda recipe: -math.log(rate(recipe)), 6) == tried
    other = play(sampler, lambda recipe: -math.log(rate(recipe)), 6, seed=1)
    assert list(other) != list(tried)
    assert len(tried) == 6, "none comes twice"


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["tpe", "gp"])
def test_a_sampler_that_learns_goes_where_scores_are_high(sampler):
    def score(recipe):
        return -abs(math.log(rate(recipe) / 3e-4)) - (parse(recipe).name == "TopLayers")

    def late(sampler):
        found = [list(play(sampler, score, 20, seed).values())[10:] for seed in (0, 1)]
        return sum(map(sum, found)) / 20

    assert late(sampler) > late("random") + 0.3


def test_a_grid_ends_after_each_of_its_points_came_once():
    tried: dict[str, float] = {}
    while recipes := suggest("grid", "text", tried, count=7):
        assert not set(recipes) & set(tried)
        tried |= dict.fromkeys(recipes, 0.5)
    assert len(tried) == len(TRAINED["text"]) * 4 * 2
    assert {parse(recipe).arguments["epochs"] for recipe in tried} == {3, 6}


def test_other_epochs_leave_the_rest_as_it_is():
    short, long = (suggest("random", "text", {}, count=4, epochs=n) for n in (1, 8))
    assert [one.replace("epochs=1,", "epochs=8,") for one in short] == long
    assert short != long


def test_what_is_from_outside_the_space_teaches_nothing():
    inside = suggest("tpe", "text", {}, epochs=2)[0]
    outside = {
        "Probe()": 0.9,
        inside.replace("epochs=2", "epochs=4"): 0.9,
        "FineTune(epochs=2, learning_rate=0.5, dropout=0.1)": 0.9,
        "FineTune(epochs=2, learning_rate=0.0001, dropout=0.1, batch_size=8)": 0.9,
    }
    assert suggest("tpe", "text", outside, epochs=2) == [inside]
    assert suggest("tpe", "text", {inside: 0.9}, epochs=2) != [inside]


def test_an_unknown_sampler_is_told_the_nearest():
    with pytest.raises(ConfigError, match=r"'gpp': did you mean 'gp'\? Known: gp, grid"):
        suggest("gpp", "text", {})
