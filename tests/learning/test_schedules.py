from __future__ import annotations

import pytest
import torch
from transformers import get_scheduler

from polytask._errors import ConfigError
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.top_layers import TopLayers
from polytask.learning.schedules import SCHEDULES, factor

STEPS, WARM = 50, 10
GIVEN = {"polynomial": {"lr_end": 0.0, "power": 2.0}}


@pytest.mark.parametrize("name", SCHEDULES)
def test_after_the_warm_up_it_is_that_of_transformers(name: str) -> None:
    made = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    theirs = get_scheduler(name, made, WARM, STEPS, scheduler_specific_kwargs=GIVEN.get(name))
    expected = []
    for _ in range(STEPS):
        expected.append(theirs.get_last_lr()[0])
        made.step()
        theirs.step()
    found = [factor(name, step, STEPS, WARM / STEPS) for step in range(STEPS)]
    assert found[WARM:] == pytest.approx(expected[WARM:])
    if name != "constant":
        assert found[:WARM] == pytest.approx([(step + 1) / WARM for step in range(WARM)])
    assert all(0 <= value <= 1 for value in found)


@pytest.mark.parametrize("recipe", [FineTune, TopLayers])
def test_an_unknown_one_offers_the_nearest_and_the_recipe_names_all(recipe) -> None:
    with pytest.raises(ConfigError, match="Unknown `schedule` 'cosin': did you mean 'cosine'"):
        recipe(schedule="cosin")
    assert all(f'"{name}"' in recipe.__doc__ for name in SCHEDULES)
