from __future__ import annotations

import pytest
import torch

from polytask._errors import ConfigError
from polytask.learning.optimisers import OPTIMISERS, optimiser
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.top_layers import TopLayers


@pytest.mark.parametrize("name", OPTIMISERS)
def test_it_goes_down(name: str) -> None:
    weight, bias = torch.ones(3, 2, requires_grad=True), torch.ones(2, requires_grad=True)
    groups = [{"params": [p], "lr": 0.05, "weight_decay": 0.0} for p in (weight, bias)]
    made = optimiser(name, groups)
    losses = []
    for _ in range(20):
        loss = weight.square().sum() + bias.square().sum()
        losses.append(loss.item())
        made.zero_grad()
        loss.backward()
        made.step()
    assert losses[-1] < 0.5 * losses[0]
    state = made.state_dict()["state"].values()
    assert all(isinstance(v, torch.Tensor) for moments in state for v in moments.values())


@pytest.mark.parametrize("recipe", [FineTune, TopLayers])
def test_an_unknown_one_offers_the_nearest_and_the_recipe_names_all(recipe) -> None:
    with pytest.raises(
        ConfigError, match="Unknown `optimiser` 'adafctor': did you mean 'adafactor'"
    ):
        recipe(optimiser="adafctor")
    assert all(f'"{name}"' in recipe.__doc__ for name in OPTIMISERS)
