from __future__ import annotations

from dataclasses import replace

import pytest

from polytask._errors import ConfigError
from polytask.learning.recipes.anil import ANIL
from polytask.learning.recipes.recipe import Context
from polytask.learning.recipes.top_layers import TopLayers


def test_only_the_upper_layers_change(world, tiny_folder) -> None:
    tasks, fold = world.pick("intent", "slots", "grade")
    recipe = TopLayers(layers=1, epochs=2, batch_size=16)
    part = recipe.fit(tasks, fold, Context(encoder=tiny_folder, threads=1))
    changed = part.encoder.changed()
    assert changed
    assert all("encoder.layer.1." in name for name in changed)
    assert str(recipe) == part.recipe == "TopLayers(layers=1, epochs=2, batch_size=16)"


@pytest.mark.parametrize("recipe", [TopLayers(layers=9, epochs=1), ANIL(layers=9, epochs=1)])
def test_more_layers_than_there_are_train_all_of_them_with_a_note(
    recipe, world, tiny_folder
) -> None:
    tasks, fold = world.pick("intent")
    told: list[str] = []
    context = Context(
        encoder=tiny_folder, threads=1, emit=lambda event: told.append(event.get("text", ""))
    )
    part = recipe.fit(tasks, fold, context)
    assert part.encoder.frozen == 0
    assert told.count("`layers` 9: the encoder has 2, so all of them are trained") == 1
    told.clear()
    replace(recipe, layers=2).fit(tasks, fold, context)
    assert not any("`layers`" in text for text in told)


@pytest.mark.parametrize("layers", [0, -1, 1.5])
def test_layers_are_a_whole_number(layers) -> None:
    with pytest.raises(ConfigError, match="`layers` is a whole number of at least 1"):
        TopLayers(layers=layers)


def test_estimate_is_below_that_of_training_everything(world, tiny_folder, monkeypatch, tmp_path):
    from polytask.learning.recipes.fine_tune import FineTune

    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path))
    tasks, fold = world.pick("intent")
    context = Context(encoder=tiny_folder, threads=1)
    upper = TopLayers(layers=1, epochs=50).estimate(tasks, fold, context)
    assert upper < FineTune(epochs=50).estimate(tasks, fold, context)
