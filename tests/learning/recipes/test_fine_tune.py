from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from polytask._catalogue import parse
from polytask._errors import ConfigError
from polytask.learning.balancing import BALANCERS
from polytask.learning.balancing.uncertainty import Uncertainty
from polytask.learning.recipes import RECIPES
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.probe import Probe
from polytask.learning.recipes.recipe import Context
from polytask.learning.recipes.top_layers import TopLayers
from polytask.tasks.task import Fold, Inputs, Rows


def test_text_form_goes_there_and_back() -> None:
    recipe = FineTune(epochs=2, balancer=Uncertainty(start_at=0.5))
    text = str(recipe)
    assert text == "FineTune(epochs=2, balancer=Uncertainty(start_at=0.5))"
    assert RECIPES.build(parse(text), {"balancer": BALANCERS}) == recipe


@pytest.mark.parametrize("text", ["FineTune(epochs=0)", "FineTune(dropout=2)"])
def test_a_wrong_value_is_refused_before_anything_is_loaded(text: str) -> None:
    with pytest.raises(ConfigError, match="found"):
        RECIPES.build(parse(text))


def test_naming_recipes_loads_no_torch() -> None:
    code = (
        "import sys; from polytask.learning.recipes.fine_tune import FineTune; "
        "from polytask.learning.recipes.top_layers import TopLayers; "
        "str(FineTune()); str(TopLayers()); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_fits_tasks_of_every_kind_together(world, tiny_folder) -> None:
    names = list(world.tasks)
    tasks, fold = world.pick(*names)
    recipe = FineTune(epochs=1, batch_size=16)
    part = recipe.fit(tasks, fold, Context(encoder=tiny_folder, threads=1))
    assert part.recipe == "FineTune(epochs=1, batch_size=16)"
    assert list(part.tasks) == names
    assert part.encoder.base_digest
    for table in ("talk", "notes"):
        rows = fold.dev[table]
        for scores in part.scores(rows.inputs, list(rows.targets)).values():
            assert len(scores) == len(rows)
            assert all(np.isfinite(row).all() for row in scores)


def test_word_embeddings_stay_fixed(world, tiny_folder) -> None:
    tasks, fold = world.pick("intent")
    part = FineTune(epochs=1).fit(tasks, fold, Context(encoder=tiny_folder, threads=1))
    changed = part.encoder.changed()
    assert changed
    assert not any("embeddings" in name for name in changed)


def test_word_embeddings_are_trained_where_the_rows_reach_when_asked(world, tiny_folder) -> None:
    tasks, fold = world.pick("intent")
    context = Context(encoder=tiny_folder, threads=1, dtype="float32")
    before = FineTune(epochs=1).fit(tasks, fold, context).encoder.model.get_input_embeddings()
    part = FineTune(epochs=1, embeddings=True).fit(tasks, fold, context)
    after = part.encoder.model.get_input_embeddings()
    assert type(after) is type(before)  # whole again
    moved = (after.weight != before.weight).any(dim=1)
    assert 0 < int(moved.sum()) < len(moved)


def test_estimate_grows_with_the_epochs(world, tiny_folder, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path))
    tasks, fold = world.pick("intent")
    context = Context(encoder=tiny_folder, threads=1)
    few, many = (FineTune(epochs=e).estimate(tasks, fold, context) for e in (1, 50))
    assert 0 < few < many


@pytest.mark.parametrize("recipe", [FineTune(epochs=1), TopLayers(layers=1, epochs=1), Probe()])
def test_rows_not_read_whole_are_counted_by_task_and_split(
    world, tiny_folder, tmp_path, recipe
) -> None:
    tasks, fold = world.pick("intent", "slots", "grade")
    talk, notes = fold.train["talk"], fold.dev["notes"]
    words = [["play"] * 200, *talk.inputs.values["tokens"][1:]]  # row 0 has no intent
    slots = [["O"] * 200, *talk.targets["slots"][1:]]
    long = Rows(
        Inputs(talk.inputs.columns, {"tokens": words}),
        {**talk.targets, "slots": slots},
        talk.positions,
    )
    texts = ["book " * 200, *notes.inputs.values["text"][1:]]
    cut = Rows(Inputs(notes.inputs.columns, {"text": texts}), notes.targets, notes.positions)
    fold = Fold({**fold.train, "talk": long}, {**fold.dev, "notes": cut})
    for _ in range(2):  # the second time features come from the store
        part = recipe.fit(tasks, fold, Context(encoder=tiny_folder, threads=1, cache=tmp_path))
        assert part.cut == {"slots": {"train": {"windowed": 1}}, "grade": {"dev": {"truncated": 1}}}
