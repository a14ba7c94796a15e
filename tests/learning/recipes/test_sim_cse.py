from __future__ import annotations

import pytest

from polytask._catalogue import parse
from polytask._errors import ConfigError
from polytask.learning.recipes import RECIPES
from polytask.learning.recipes.recipe import Context
from polytask.learning.recipes.sim_cse import SimCSE
from polytask.tasks.task import Column, Fold, Task


def test_its_text_form_is_read_back() -> None:
    recipe = SimCSE(epochs=2, tau=0.1, layers=2)
    assert RECIPES.build(parse(str(recipe))) == recipe


@pytest.mark.parametrize(
    ("name", "value"), [("epochs", 0), ("batch_size", 1), ("tau", 0), ("layers", 0), ("penalty", 0)]
)
def test_impossible_numbers_are_refused(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=f"`{name}` is "):
        SimCSE(**{name: value})


def test_without_dropout_the_readings_would_be_the_same() -> None:
    with pytest.raises(ConfigError, match=r"SimCSE .* `dropout` is 0\.0: both readings"):
        SimCSE(dropout=0.0)


def test_it_refuses_images() -> None:
    side = Task("side", "scans", (Column("scan", "image"),), "side", "binary", "accuracy", ("a",))
    with pytest.raises(ConfigError, match="SimCSE reads texts; 'side' reads image"):
        SimCSE().fit([side], Fold({}, {}), Context())


def test_its_time_goes_by_rows_and_epochs(world, tiny_folder, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path))
    tasks, fold = world.pick("intent")
    context = Context(encoder=tiny_folder, threads=1)
    one, two, three = (SimCSE(epochs=n).estimate(tasks, fold, context) for n in (100, 200, 300))
    assert two - one == pytest.approx(three - two)
    assert two > one
    assert SimCSE(epochs=100, layers=1).estimate(tasks, fold, context) < one
