from __future__ import annotations

from typing import Any

import pytest

from polytask._errors import ConfigError
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.top_layers import TopLayers
from polytask.learning.sampling.proportional import Proportional
from polytask.learning.sampling.temperature import Temperature

WRONG = [
    ("epochs", 0),
    ("epochs", 1.5),
    ("batch_size", -1),
    ("patience", "2"),
    ("learning_rate", 0.0),
    ("head_learning_rate", -1e-3),
    ("image_size", 16),
    ("warmup", 1.0),
    ("dropout", -0.1),
    ("weight_decay", -0.01),
    ("weight_decay", True),
    ("temperature", 0.9),
    ("balancer", "Equal"),
    ("loss", "Focal"),
    ("transfer", "LoRA"),
    ("learning_rate", float("nan")),
]


@pytest.mark.parametrize("recipe", [FineTune, TopLayers])
@pytest.mark.parametrize(("name", "value"), WRONG, ids=[f"{n}={v}" for n, v in WRONG])
def test_a_value_out_of_range_is_refused_with_the_rule(recipe, name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=rf"`{name}` is .+; found {value!r}"):
        recipe(**{name: value})


def test_arguments_stand_in_the_order_of_their_recipe() -> None:
    assert FineTune(4, 1e-4) == FineTune(epochs=4, learning_rate=1e-4)
    assert TopLayers(3, 4) == TopLayers(layers=3, epochs=4)
    assert str(TopLayers(epochs=4, layers=3)) == "TopLayers(layers=3, epochs=4)"
    assert str(FineTune(embeddings=True, epochs=4)) == "FineTune(epochs=4, embeddings=True)"


def test_what_a_recipe_does_not_offer_is_as_training_expects() -> None:
    assert FineTune().layers is None
    assert not TopLayers().embeddings
    with pytest.raises(TypeError):
        TopLayers(embeddings=True)  # type: ignore[call-arg]


def test_the_rate_rises_and_falls_to_nothing() -> None:
    settings = FineTune(warmup=0.1)
    rates = [settings.rate(step, 100) for step in range(101)]
    assert rates[:11] == sorted(rates[:11])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert max(rates) == 1.0
    assert rates[-1] == 0.0


def test_temperature_one_is_proportional_sampling() -> None:
    assert FineTune(temperature=1).drawing == Proportional()
    assert FineTune(temperature=3.0).drawing == Temperature(3.0)
