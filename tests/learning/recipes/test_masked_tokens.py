from __future__ import annotations

import pytest

from polytask._catalogue import parse
from polytask._errors import ConfigError
from polytask.learning.recipes import RECIPES
from polytask.learning.recipes.masked_tokens import MaskedTokens
from polytask.learning.recipes.recipe import Context
from polytask.tasks.task import Column, Fold, Task


def test_its_text_form_is_read_back() -> None:
    recipe = MaskedTokens(epochs=2, share=0.3, tied=False)
    assert RECIPES.build(parse(str(recipe))) == recipe


@pytest.mark.parametrize(
    ("name", "value"),
    [("epochs", 0), ("share", 0), ("share", 1.0), ("tied", "no"), ("penalty", 0)],
)
def test_impossible_numbers_are_refused(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"`{name}` is "):
        MaskedTokens(**{name: value})


def test_it_refuses_images() -> None:
    side = Task("side", "scans", (Column("scan", "image"),), "side", "binary", "accuracy", ("a",))
    with pytest.raises(ConfigError, match="MaskedTokens reads texts; 'side' reads image"):
        MaskedTokens().fit([side], Fold({}, {}), Context())


def test_the_word_embeddings_stay_and_the_layers_move(world, tiny_folder, tiny) -> None:
    tasks, fold = world.pick("grade")
    part = MaskedTokens(epochs=1).tune(tasks, fold, Context(encoder=tiny_folder, threads=1))
    after = part.encoder.state_dict()
    moved = {name for name, value in tiny.state_dict().items() if not value.equal(after[name])}
    assert moved
    assert all(".layer." in name for name in moved)


def test_its_time_goes_by_rows_and_epochs(world, tiny_folder, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path))
    tasks, fold = world.pick("intent")
    context = Context(encoder=tiny_folder, threads=1)
    found = [MaskedTokens(epochs=n).estimate(tasks, fold, context) for n in (100, 200, 300)]
    assert found[1] - found[0] == pytest.approx(found[2] - found[1])
    assert found[1] > found[0]
