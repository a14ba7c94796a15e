from __future__ import annotations

from dataclasses import replace

import pytest

from polytask._catalogue import parse
from polytask._errors import ConfigError
from polytask.learning.recipes import RECIPES
from polytask.learning.recipes.anil import ANIL
from polytask.learning.recipes.recipe import Context


def test_its_text_form_is_read_back() -> None:
    recipe = ANIL(inner=3, shots=2, layers=2)
    assert RECIPES.build(parse(str(recipe))) == recipe


@pytest.mark.parametrize(
    ("name", "value"),
    [("inner", 0), ("shots", 0), ("inner_rate", 0), ("layers", 0), ("epochs", 0), ("penalty", 0)],
)
def test_impossible_numbers_are_refused(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=f"`{name}` is "):
        ANIL(**{name: value})


def test_its_time_goes_by_episodes(world, tiny_folder, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path))
    tasks, fold = world.pick("intent")
    context = Context(encoder=tiny_folder, threads=1)
    found = [ANIL(epochs=n).estimate(tasks, fold, context) for n in (100, 200, 300)]
    assert found[1] - found[0] == pytest.approx(found[2] - found[1])
    assert ANIL(epochs=100, batch_size=64).estimate(tasks, fold, context) == pytest.approx(found[1])


def test_a_loss_without_second_derivatives_is_refused(world, tiny_folder) -> None:
    tasks, fold = world.pick("intent")
    own = [replace(tasks[0], loss_code="def main(inputs):\n    return {}\n")]
    with pytest.raises(ConfigError, match=r"the step `loss` of 'intent'.*name a loss in the rec"):
        ANIL(epochs=1).fit(own, fold, Context(encoder=tiny_folder, threads=1))
