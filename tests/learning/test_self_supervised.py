from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from polytask.learning import checkpoints
from polytask.learning.part_files import load_part
from polytask.learning.recipes.masked_tokens import MaskedTokens
from polytask.learning.recipes.probe import Probe
from polytask.learning.recipes.recipe import Context
from polytask.learning.recipes.sim_cse import SimCSE
from polytask.learning.self_supervised import unlabelled
from polytask.tasks.task import Fold, Rows

RECIPES = [
    SimCSE(epochs=3, learning_rate=1e-3, batch_size=16),
    MaskedTokens(epochs=3, learning_rate=1e-3, batch_size=16),
    MaskedTokens(epochs=3, batch_size=16, tied=False),
]


class Killed(Exception):  # noqa: N818 — no error: it stands for a kill
    pass


def shuffled(fold: Fold) -> Fold:
    """The same inputs with the labels of other rows."""

    def turned(rows: Rows) -> Rows:
        targets = {name: [*values[7:], *values[:7]] for name, values in rows.targets.items()}
        return replace(rows, targets=targets)

    return Fold({name: turned(rows) for name, rows in fold.train.items()}, fold.dev)


@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_what_it_aims_at_gets_better(recipe, world, tiny_folder) -> None:
    tasks, fold = world.pick("intent", "about")
    told: list = []
    part = recipe.tune(tasks, fold, Context(encoder=tiny_folder, threads=1, emit=told.append))
    lines = [event["loss"] for event in told if event["event"] == "epoch"]
    (name,) = lines[0]
    assert name in {"two views", "masked tokens"}
    assert len(lines) == 3
    assert lines[-1][name] < lines[0][name]
    assert part.passes == {"intent": 3.0, "about": 3.0}


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_labels_are_not_read(recipe, world, tiny_folder) -> None:
    tasks, fold = world.pick("intent", "grade")
    context = Context(encoder=tiny_folder, threads=1)
    digests = {recipe.tune(tasks, f, context).encoder.digest() for f in (fold, shuffled(fold))}
    assert len(digests) == 1


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_a_killed_run_ends_equal(recipe, world, tiny_folder, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(checkpoints, "EVERY", 0.0)
    tasks, fold = world.pick("intent", "grade")

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


@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_the_part_answers_is_saved_and_started_from(recipe, world, tiny_folder, tmp_path) -> None:
    names = ["intent", "slots", "score", "about", "grade"]
    tasks, fold = world.pick(*names)
    context = Context(encoder=tiny_folder, threads=1)
    short = replace(recipe, epochs=1)
    part = short.fit(tasks, fold, context)
    assert list(part.heads) == names
    assert part.recipe == str(short)
    assert part.encoder.digest() != part.encoder.base_digest
    inputs = fold.dev["notes"].inputs
    expected = part.scores(inputs, ["about"])["about"]
    for complete in (True, False):
        folder = tmp_path / str(complete)
        folder.mkdir()
        part.save(folder, complete=complete)
        assert np.array_equal(load_part(folder).scores(inputs, ["about"])["about"], expected)
    after = Probe().fit(tasks[-1:], world.pick("grade")[1], replace(context, start=folder))
    weights = dict(after.encoder.named_parameters())
    assert all(torch.equal(weights[n], p) for n, p in part.encoder.named_parameters())


def test_every_table_has_one_target_without_meaning(world) -> None:
    found = unlabelled(world.fold, "words")
    assert not found.dev
    assert set(found.train) == {"talk", "notes"}
    assert all(set(rows.targets) == {"words"} for rows in found.train.values())
    assert all(set(rows.targets["words"]) == {""} for rows in found.train.values())
