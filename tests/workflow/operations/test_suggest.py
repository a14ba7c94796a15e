from __future__ import annotations

from polytask._catalogue import parse
from polytask.workflow.operations.suggest import suggest
from polytask.workflow.operations.train import train


def test_recipes_are_drawn_by_the_seed_of_the_run_and_train(make_state):
    state, other = make_state(), make_state(name="other", seed=1)
    recipes = suggest(state, "topic", "random", {}, 2, 1)
    assert recipes == suggest(state, "topic", "random", {}, 2, 1)
    assert recipes != suggest(other, "topic", "random", {}, 2, 1)
    assert {parse(recipe).arguments["epochs"] for recipe in recipes} == {1}
    fitting = [one for one in recipes if parse(one).arguments.get("layers") != 4]  # it has fewer
    assert 0 <= train(state, ["topic"], fitting[0])["dev"]["topic"] <= 1
