from __future__ import annotations

import numpy as np
import pytest

from polytask._errors import ConfigError
from polytask.evaluation.decisions import decide
from polytask.evaluation.metrics import score
from polytask.learning.encoders.siamese import Siamese
from polytask.learning.features import features
from polytask.learning.model import Model
from polytask.learning.part_files import load_part
from polytask.learning.probing import Scaling
from polytask.learning.recipes.probe import Probe
from polytask.learning.recipes.recipe import Context
from polytask.tasks.task import Column, Fold, Inputs, Rows, Task

ALL = ("intent", "slots", "score", "about", "grade")


@pytest.fixture
def context(tiny_folder, tmp_path) -> Context:
    return Context(encoder=tiny_folder, cache=tmp_path / "cache", dtype="float32", threads=1)


def dev_value(part, fold: Fold, task: Task) -> float:
    rows = fold.dev[task.table].labelled(task.name)
    scores = part.scores(rows.inputs, [task.name])[task.name]
    return score(task, rows.targets[task.name], decide(task, scores))


def test_every_kind_is_learned_even_from_random_features(world, context) -> None:
    tasks, fold = world.pick(*ALL)
    part = Probe().fit(tasks, fold, context)
    least = {"intent": 0.8, "slots": 0.9, "score": 0.5, "about": 0.3, "grade": 0.3}
    for task in tasks:
        assert dev_value(part, fold, task) >= least[task.name], task.name


def test_the_layer_is_folded_so_that_raw_features_give_the_same(world, context) -> None:
    tasks, fold = world.pick("intent")
    part = Probe(penalty=0.1).fit(tasks, fold, context)
    inputs = fold.dev["talk"].inputs
    raw = features(part.encoder, inputs, cache=None, dtype="float32").vectors
    linear = part.heads["intent"].linear
    by_hand = raw @ linear.weight.detach().numpy().T + linear.bias.detach().numpy()
    assert np.allclose(part.scores(inputs, ["intent"])["intent"], by_hand, atol=1e-3)


def test_scaling_and_folding_undo_each_other() -> None:
    from polytask.learning.linear import Linear

    raw = np.random.default_rng(0).normal(5, 3, (50, 4)).astype(np.float32)
    raw[:, 3] = 7.0  # never changes
    scaling = Scaling.learn(raw)
    scaled = scaling(raw)
    assert np.allclose(scaled[:, :3].mean(0), 0, atol=1e-5)
    assert np.allclose(scaled[:, :3].std(0), 1, atol=1e-5)
    assert np.allclose(scaled[:, 3], 0, atol=1e-5)
    model = Linear(np.ones((4, 2), np.float32), np.array([1, 2], np.float32))
    assert np.allclose(scaling.folded(model)(raw), model(scaled), atol=1e-4)


def test_probes_over_one_encoder_become_one_part_with_the_same_answers(world, context) -> None:
    parts = {name: Probe().fit(*world.pick(name), context) for name in ("intent", "score")}
    model = Model(parts, {"intent": "intent", "score": "score"})
    merged = model.merged()
    assert len(merged.parts) == 1
    inputs = world.fold.dev["talk"].inputs
    before, after = model.scores(inputs), merged.scores(inputs)
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_a_second_fit_is_the_same_and_reads_the_cache(world, context, monkeypatch) -> None:
    tasks, fold = world.pick("intent", "slots")
    first = Probe().fit(tasks, fold, context)
    from polytask.learning import neural_part

    monkeypatch.setattr(neural_part, "encode", None)  # calling it would fail
    second = Probe().fit(tasks, fold, context)
    for name in ("intent", "slots"):
        one, two = first.heads[name].linear.weight, second.heads[name].linear.weight
        assert np.array_equal(one.detach().numpy(), two.detach().numpy())


def test_a_saved_probe_answers_the_same(world, context, tmp_path) -> None:
    tasks, fold = world.pick("intent", "slots")
    part = Probe().fit(tasks, fold, context)
    (tmp_path / "whole").mkdir()
    (tmp_path / "part").mkdir()
    part.save(tmp_path / "whole")
    part.save(tmp_path / "part", complete=False)
    inputs = fold.dev["talk"].inputs
    before = part.scores(inputs, ["intent"])["intent"]
    for folder in ("whole", "part"):
        again = load_part(tmp_path / folder)
        assert again.recipe == "Probe()"
        assert np.array_equal(again.scores(inputs, ["intent"])["intent"], before)
    sizes = [
        sum(p.stat().st_size for p in (tmp_path / folder).rglob("*") if p.is_file())
        for folder in ("whole", "part")
    ]
    assert sizes[1] < sizes[0] / 3


def pairs(world) -> tuple[Task, Fold]:
    texts = world.texts
    columns = (Column("a"), Column("b"))
    first = [texts[i] for i in range(60)]
    second = [texts[i] if i % 2 else texts[(7 * i + 3) % 60] for i in range(60)]
    same = ["yes" if a == b else "no" for a, b in zip(first, second, strict=True)]
    rows = Rows(Inputs(columns, {"a": first, "b": second}), {"same": same}, np.arange(60))
    return Task("same", "p", columns, "same", "binary", "accuracy", ("no", "yes")), Fold(
        {"p": rows}, {"p": rows}
    )


def test_the_texts_of_a_pair_are_encoded_alone(world, context, tmp_path) -> None:
    task, fold = pairs(world)
    part = Probe().fit([task], fold, context)
    assert isinstance(part.encoder, Siamese)
    assert dev_value(part, fold, task) >= 0.95
    (tmp_path / "pair").mkdir()
    part.save(tmp_path / "pair")
    inputs = fold.dev["p"].inputs
    again = load_part(tmp_path / "pair").scores(inputs, ["same"])["same"]
    assert np.array_equal(again, part.scores(inputs, ["same"])["same"])


def test_tags_need_tokens(world, context) -> None:
    task = Task("t", "notes", (Column("text"),), "t", "tagging", "accuracy", ("x",))
    inputs = world.fold.train["notes"].inputs.take([0, 1])
    rows = Rows(inputs, {"t": [["x"], ["x"]]}, np.arange(2))
    with pytest.raises(ConfigError, match="'t' tags tokens; its input must be a list"):
        Probe().fit([task], Fold({"notes": rows}, {}), context)


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ConfigError, match="`penalty` is above 0 or None; found 0"):
        Probe(penalty=0)
    assert str(Probe(penalty=0.5)) == "Probe(penalty=0.5)"


def test_the_estimate_counts_rows_and_classes(world, context, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path))
    one, both = world.pick("intent"), world.pick("intent", "slots")
    assert 0 < Probe().estimate(*one, context) < Probe().estimate(*both, context) < 30


def test_where_no_dev_row_chooses_one_number_can_rank_ordered_classes(world, context) -> None:
    tasks, fold = world.pick("grade")
    blind = Fold(fold.train, {})

    def weights(recipe: Probe) -> np.ndarray:
        return recipe.fit(tasks, blind, context).heads["grade"].linear.weight.detach().numpy()

    steps = np.diff(weights(Probe(ranked=True)), axis=0)
    assert np.allclose(steps, steps[:1], atol=1e-6)  # each class a step further on one line
    assert not np.allclose(steps * 0.99, np.diff(weights(Probe(penalty=1, ranked=True)), axis=0))
    free = np.diff(weights(Probe()), axis=0)
    assert not np.allclose(free, free[:1], atol=1e-3)
