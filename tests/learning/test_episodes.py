from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from polytask.learning import checkpoints
from polytask.learning.episodes import EPISODES, each_alone, in_turn
from polytask.learning.part_files import load_part
from polytask.learning.recipes.anil import ANIL
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.recipe import Context
from polytask.learning.recipes.reptile import Reptile

RECIPES = [
    Reptile(epochs=3, inner=3, learning_rate=1e-3, head_learning_rate=1e-2, batch_size=16),
    ANIL(epochs=3, learning_rate=3e-3, inner_rate=1.0, batch_size=16),
]
NAMES = ["intent", "slots", "score", "about", "grade"]


class Killed(Exception):  # noqa: N818 — no error: it stands for a kill
    pass


@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_tasks_get_better_and_count_alike(recipe, world, tiny_folder) -> None:
    tasks, fold = world.pick("intent", "grade")
    told: list = []
    part = recipe.tune(tasks, fold, Context(encoder=tiny_folder, threads=1, emit=told.append))
    losses = [event["loss"] for event in told if event["event"] == "epoch"]
    assert len(losses) == 3
    assert sum(losses[-1].values()) < sum(losses[0].values())
    drawn = {"intent": len(fold.train["talk"].labelled("intent")), "grade": 40}
    most = 3 * EPISODES * 48
    assert all(0 < part.passes[name] * rows <= most + rows for name, rows in drawn.items())


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_a_killed_run_ends_equal(recipe, world, tiny_folder, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(checkpoints, "EVERY", 0.0)
    tasks, fold = world.pick("intent", "score")

    def run(checkpoint=None, die=False) -> str:
        def emit(event) -> None:
            if die and event["event"] == "epoch" and event["epoch"] == 2:
                raise Killed

        context = Context(encoder=tiny_folder, threads=1, checkpoint=checkpoint, emit=emit)
        return recipe.tune(tasks, fold, context).encoder.digest()

    whole = run()
    with pytest.raises(Killed):
        run(tmp_path, die=True)
    assert run(tmp_path) == whole == run()


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_tasks_of_every_kind_are_answered_and_started_from(
    recipe, world, tiny_folder, tmp_path
) -> None:
    tasks, fold = world.pick(*NAMES)
    context = Context(encoder=tiny_folder, threads=1)
    part = replace(recipe, epochs=1).fit(tasks, fold, context)
    assert list(part.heads) == NAMES
    assert part.encoder.digest() != part.encoder.base_digest
    assert not part.moved
    inputs = fold.dev["talk"].inputs
    expected = part.scores(inputs, ["intent", "score"])
    for complete in (True, False):
        folder = tmp_path / str(complete)
        folder.mkdir()
        part.save(folder, complete=complete)
        again = load_part(folder).scores(inputs, ["intent", "score"])
        assert all(np.array_equal(again[name], expected[name]) for name in again)
    after = FineTune(epochs=1).fit(*world.pick("grade"), replace(context, start=folder))
    assert list(after.heads) == ["grade"]
    table = "model.embeddings.word_embeddings.weight"
    assert torch.equal(after.encoder.state_dict()[table], part.encoder.state_dict()[table])


def test_each_task_stands_alone_with_its_labelled_rows(world) -> None:
    tasks, fold = world.pick("intent", "slots")
    found = each_alone(tasks, fold)
    assert list(found.train) == ["intent", "slots"]
    assert len(found.train["intent"]) < len(found.train["slots"]) == len(fold.train["talk"])
    assert all(set(rows.targets) == {name} for name, rows in found.train.items())
    assert None not in found.train["intent"].targets["intent"]


def test_no_row_comes_again_before_all_have_come() -> None:
    drawn = in_turn(5, 12, np.random.default_rng(0))
    assert sorted(drawn[:5]) == sorted(drawn[5:10]) == list(range(5))
    assert Counter(drawn.tolist()).most_common()[-1][1] == 2


@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_episodes_differ_and_tasks_have_as_many_each(recipe, world, tiny_folder) -> None:
    from polytask.learning.anil import Judged
    from polytask.learning.episodes import fresh_part
    from polytask.learning.reptile import Inward

    tasks, fold = world.pick("intent", "about", "grade")
    context = Context(encoder=tiny_folder, threads=1)
    part = fresh_part(tasks, fold, context, recipe)
    kind = Inward if isinstance(recipe, Reptile) else Judged
    run = kind(part, each_alone(tasks, fold), context, recipe)
    first, second = run._batches(0), run._batches(1)
    assert Counter(batch[0][0] for batch in first) == dict.fromkeys(part.heads, EPISODES)
    assert [batch[0][0] for batch in first] != [batch[0][0] for batch in second]
