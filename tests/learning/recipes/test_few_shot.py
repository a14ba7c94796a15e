from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polytask._catalogue import parse
from polytask._errors import ConfigError
from polytask.evaluation.decisions import decide
from polytask.evaluation.metrics import score
from polytask.learning.part_files import load_part
from polytask.learning.recipes import RECIPES
from polytask.learning.recipes.few_shot import FewShot
from polytask.learning.recipes.recipe import Context
from polytask.tasks.task import Column, Fold, Rows, Task


def first(count: int, rows: Rows) -> Rows:
    targets = {name: values[:count] for name, values in rows.targets.items()}
    return Rows(rows.inputs.take(range(count)), targets, rows.positions[:count])


def test_it_learns_from_few_rows_what_the_words_say(world, tiny_folder) -> None:
    tasks, fold = world.pick("intent")
    few = {"talk": first(24, fold.train["talk"])}
    recipe = FewShot(epochs=3, learning_rate=1e-3, batch_size=16)
    part = recipe.fit(tasks, Fold(few, {}), Context(encoder=tiny_folder, threads=1))
    dev = fold.dev["talk"].labelled("intent")
    answers = decide(tasks[0], part.scores(dev.inputs, ["intent"])["intent"])
    assert score(tasks[0], dev.targets["intent"], answers) >= 0.9
    assert part.recipe == str(recipe)


def test_several_tasks_of_all_its_kinds_share_one_encoder(world, tiny_folder) -> None:
    tasks, fold = world.pick("intent", "about", "grade")
    part = FewShot(epochs=1, batch_size=8).fit(tasks, fold, Context(encoder=tiny_folder, threads=1))
    assert set(part.heads) == {"intent", "about", "grade"}
    rows = fold.dev["notes"].inputs
    assert part.scores(rows, ["about"])["about"].shape == (len(rows), 4)
    labelled = len(fold.train["talk"].labelled("intent"))
    assert part.passes["intent"] == round(80 / labelled, 2)  # ten batches of eight rows


def test_a_candidate_is_saved_with_all_that_training_changed(world, tiny_folder, tmp_path) -> None:
    tasks, fold = world.pick("grade")
    recipe = FewShot(epochs=1, learning_rate=1e-3, layers=1)
    part = recipe.fit(tasks, fold, Context(encoder=tiny_folder, threads=1))
    inputs = fold.dev["notes"].inputs
    expected = part.scores(inputs, ["grade"])["grade"]
    for complete in (True, False):
        folder = tmp_path / str(complete)
        folder.mkdir()
        part.save(folder, complete=complete)
        assert np.array_equal(load_part(folder).scores(inputs, ["grade"])["grade"], expected)


def test_top_layers_are_left_out_but_not_of_a_part_to_start_from(
    world, tiny_folder, tmp_path
) -> None:
    tasks, fold = world.pick("grade")
    context = Context(encoder=tiny_folder, threads=1)
    whole = FewShot(epochs=1).fit(tasks, fold, context)
    assert whole.encoder.depth == 2
    assert FewShot(epochs=1, cut=2).fit(tasks, fold, context).encoder.depth == 1  # one stays
    whole.save(tmp_path)
    begun = FewShot(epochs=1, cut=1).fit(tasks, fold, replace(context, start=tmp_path))
    assert begun.encoder.depth == 2


def test_its_features_are_left_out_of_the_cache(world, tiny_folder, tmp_path) -> None:
    tasks, fold = world.pick("grade")
    context = Context(encoder=tiny_folder, threads=1, cache=tmp_path / "cache")
    FewShot(epochs=1).fit(tasks, fold, context)
    assert not (tmp_path / "cache").exists()


def test_it_refuses_what_has_no_classes(world) -> None:
    tasks, fold = world.pick("score")
    with pytest.raises(ConfigError, match=r"'score' is regression: use Probe\(\) or FineTune\(\)"):
        FewShot().fit(tasks, fold, Context())


def test_it_refuses_images() -> None:
    side = Task("side", "scans", (Column("scan", "image"),), "side", "binary", "accuracy", ("a",))
    with pytest.raises(ConfigError, match="FewShot reads texts; 'side' reads image"):
        FewShot().fit([side], Fold({}, {}), Context())


@pytest.mark.parametrize(
    ("name", "value"),
    [("epochs", 0), ("batch_size", 3), ("layers", 0), ("cut", -1), ("penalty", 0.0)],
)
def test_impossible_numbers_are_refused(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=f"`{name}` is "):
        FewShot(**{name: value})


def test_its_text_form_is_read_back() -> None:
    recipe = FewShot(epochs=20, layers=2)
    assert RECIPES.build(parse(str(recipe))) == recipe


def test_estimate_goes_by_pairs_and_not_by_rows(world, tiny_folder, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path))
    tasks, fold = world.pick("intent")
    context = Context(encoder=tiny_folder, threads=1)
    few = replace(fold, train={"talk": first(20, fold.train["talk"])}, dev={})
    short, long = FewShot(epochs=10), FewShot(epochs=1_000)
    gap = long.estimate(tasks, few, context) - short.estimate(tasks, few, context)
    assert (
        0
        < gap
        == pytest.approx(long.estimate(tasks, fold, context) - short.estimate(tasks, fold, context))
    )
    upper = FewShot(epochs=1_000, layers=1).estimate(tasks, fold, context)
    assert upper < long.estimate(tasks, fold, context)
