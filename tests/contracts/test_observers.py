"""What every observer keeps; new ones are added to `EVERY` by the catalogue."""

from __future__ import annotations

from typing import Any

import pytest

from polytask._catalogue import parse
from polytask._errors import ConfigError
from polytask.learning.observing import OBSERVERS
from polytask.learning.observing.observer import Observer, Seen
from polytask.workflow.operations.recipes import build

EVERY = list(OBSERVERS)
CURVES: list[list[float]] = [
    [0.5],
    [0.5, 0.6, 0.7],
    [0.7, 0.7, 0.7, 0.7],
    [0.7, 0.2, 0.1],
    [float("-inf"), 0.1, float("-inf")],
]


def built(name: str) -> Any:
    return OBSERVERS.build(parse(name))


def seen(means: list[float], tasks: tuple[str, ...] = ("a", "b")) -> Seen:
    gaps = [dict.fromkeys(tasks, 1 - max(mean, 0.0)) for mean in means]
    return Seen(9, means, gaps, [dict.fromkeys(tasks, 0.5) for _ in means])


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("means", CURVES, ids=str)
def test_a_change_has_a_reason_with_figures_and_the_same_curve_gives_it_again(
    name: str, means: list[float]
) -> None:
    change = built(name).look(seen(means))
    assert change == built(name).look(seen(means))
    if change is not None:
        assert any(letter.isdigit() for letter in change.reason)
        assert 0 < change.rate <= 1
        assert change.layers >= 0
        assert all(factor >= 0 for factor in change.weights.values())


@pytest.mark.parametrize("name", EVERY)
def test_a_training_that_gains_steadily_keeps_its_rates_and_weights(name: str) -> None:
    change = built(name).look(seen([0.3, 0.4, 0.5, 0.6]))
    assert change is None


@pytest.mark.parametrize("name", EVERY)
def test_a_single_task_is_never_dropped_or_weighed(name: str) -> None:
    for means in CURVES:
        change = built(name).look(seen(means, ("a",)))
        assert change is None or not change.weights


@pytest.mark.parametrize("name", EVERY)
def test_its_text_form_makes_it_again_within_a_recipe(name: str) -> None:
    assert built(repr(built(name))) == built(name)
    recipe = build(f"FineTune(observer={name}())")
    assert isinstance(recipe.observer, Observer)
    assert build(str(recipe)) == recipe


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ("FineTune(observer=Platau())", "did you mean 'Plateau'"),
        ("FineTune(observer=Plateau(factor=1))", "`factor` is above 0 and below 1; found 1"),
        ("FineTune(observer=Plateau(patience=0))", "`patience` is a whole number of at least 1"),
        ("FineTune(observer=Rescue(fall=2))", "`fall` is above 0 and below 1; found 2"),
        ("FineTune(observer=Reweight(most=1.5))", r"`most` is at least `factor`, 2; found 1\.5"),
        ("FineTune(observer=Thaw(gain=-1))", "`gain` is at least 0 and below 1; found -1"),
        ("FineTune(observer=Extrapolate(gain=1))", "`gain` is at least 0 and below 1; found 1"),
        ("FineTune(observer=Thaw(), transfer=LoRA())", "both decide which layers are trained"),
        ("FineTune(observer=DropTask(), balancer=PCGrad())", "both decide what a task counts"),
        ("TopLayers(observer=Reweight(), balancer=PCGrad())", "both decide what a task counts"),
        ("FineTune(observer=3)", "`observer` is an observer, or None; found 3"),
    ],
)
def test_wrong_names_and_values_are_refused(recipe: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(recipe)
