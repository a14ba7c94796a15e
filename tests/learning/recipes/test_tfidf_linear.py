from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from polytask._errors import ConfigError
from polytask.evaluation.decisions import decide
from polytask.evaluation.metrics import score
from polytask.learning.recipes.recipe import Context
from polytask.learning.recipes.tfidf_linear import TfidfLinear
from polytask.tasks.task import Column, Fold, Inputs, Rows, Task

ALL = ("intent", "slots", "score", "about", "grade")


@pytest.fixture(scope="module")
def joint(world):
    return TfidfLinear().fit(*world.pick(*ALL), Context())


def dev_value(part, fold: Fold, task: Task) -> float:
    rows = fold.dev[task.table].labelled(task.name)
    scores = part.scores(rows.inputs, [task.name])[task.name]
    return score(task, rows.targets[task.name], decide(task, scores))


@pytest.mark.parametrize(
    ("name", "least"),
    [("intent", 1.0), ("slots", 1.0), ("score", 0.8), ("about", 0.6), ("grade", 0.6)],
)
def test_every_kind_is_learned_from_few_rows(world, joint, name, least) -> None:
    assert dev_value(joint, world.fold, world.tasks[name]) >= least


def test_joint_and_alone_differ_in_nothing_but_the_vocabulary(world, joint) -> None:
    alone = TfidfLinear().fit(*world.pick("slots"), Context())
    inputs = world.fold.dev["talk"].inputs
    first, second = alone.scores(inputs, ["slots"]), joint.scores(inputs, ["slots"])
    assert np.array_equal(np.concatenate(first["slots"]), np.concatenate(second["slots"]))


def test_the_same_rows_give_the_same_part(world, joint) -> None:
    again = TfidfLinear().fit(*world.pick(*ALL), Context())
    for name in ALL:
        assert np.array_equal(again.models[name].weight, joint.models[name].weight)
        assert np.array_equal(again.models[name].bias, joint.models[name].bias)


def test_without_dev_rows_a_middle_strength_is_taken(world) -> None:
    tasks, fold = world.pick("intent", "score")
    blind = Fold(fold.train, {name: take(rows, []) for name, rows in fold.dev.items()})
    part = TfidfLinear().fit(tasks, blind, Context())
    assert dev_value(part, fold, tasks[0]) == 1.0
    assert Fold(fold.train, {}) and TfidfLinear().fit(tasks, Fold(fold.train, {}), Context())


def take(rows: Rows, index: list[int]) -> Rows:
    targets = {name: [values[i] for i in index] for name, values in rows.targets.items()}
    return Rows(rows.inputs.take(index), targets, rows.positions[index])


def test_chinese_is_learned(world) -> None:
    del world
    good, bad = ["味道很好", "送得很快", "非常好吃"], ["味道很差", "送得太慢", "非常难吃"]
    texts = [a + "，" + b for a in good for b in good] + [a + "，" + b for a in bad for b in bad]
    task = Task("t", "r", (Column("x"),), "t", "binary", "accuracy", ("0", "1"))
    rows = Rows(
        Inputs(task.inputs, {"x": texts}), {"t": ["1"] * 9 + ["0"] * 9}, np.arange(len(texts))
    )
    part = TfidfLinear().fit([task], Fold({"r": rows}, {}), Context())
    found = part.scores(Inputs(task.inputs, {"x": ["很好吃", "太难吃了"]}), ["t"])["t"]
    assert found.argmax(1).tolist() == [1, 0]


def test_pairs_are_compared() -> None:
    words = ["dog", "cat", "bird", "horse", "fish", "cow", "hen", "fox"]
    pairs = [(a, b) for a in words for b in words]
    columns = (Column("a"), Column("b"))
    task = Task("same", "r", columns, "same", "binary", "accuracy", ("no", "yes"))
    train = [(f"the {a} runs", f"a {b} is running") for a, b in pairs if "fox" not in (a, b)]
    rows = Rows(
        Inputs(columns, {"a": [a for a, _ in train], "b": [b for _, b in train]}),
        {"same": ["yes" if a == b else "no" for a, b in pairs if "fox" not in (a, b)]},
        np.arange(len(train)),
    )
    part = TfidfLinear().fit([task], Fold({"r": rows}, {}), Context())
    asked = Inputs(
        columns, {"a": ["the fox runs"] * 2, "b": ["a fox is running", "a hen is running"]}
    )
    found = part.scores(asked, ["same"])["same"]
    assert found[0, 1] > found[1, 1]  # of an animal that it never saw


def test_images_and_wrong_arguments_are_refused() -> None:
    task = Task("ct", "r", (Column("scan", "image"),), "ct", "binary", "accuracy", ("0", "1"))
    with pytest.raises(ConfigError, match=r"reads text, and task 'ct' has none.*use Probe\(\)"):
        TfidfLinear().fit([task], Fold({}, {}), Context())
    with pytest.raises(ConfigError, match="`strength` is above 0 or None; found -1"):
        TfidfLinear(strength=-1)
    assert str(TfidfLinear(strength=0.5)) == "TfidfLinear(strength=0.5)"


def test_a_given_strength_is_used(world) -> None:
    weak, strong = (
        TfidfLinear(strength=value).fit(*world.pick("intent", "score"), Context())
        for value in (0.01, 1.0)
    )
    one, two = weak.models["score"].weight, strong.models["score"].weight
    assert np.abs(one).sum() < np.abs(two).sum()


def test_the_estimate_grows_with_the_rows(world) -> None:
    tasks, fold = world.pick(*ALL)
    less = Fold({name: take(rows, [0, 1]) for name, rows in fold.train.items()}, fold.dev)
    estimate = TfidfLinear().estimate
    assert 0 < estimate(tasks, less, Context()) < estimate(tasks, fold, Context()) < 5


def test_no_torch_is_needed() -> None:
    code = (
        "import sys, polytask.learning.recipes.tfidf_linear, polytask.learning.linear_part, "
        "polytask.learning.model; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.shared
def test_real_intents_and_pairs_reach_their_floor(shared) -> None:
    import polars as pl

    poem = {
        s: pl.read_parquet(shared / "poem_sentiment" / f"{s}.parquet") for s in ("train", "test")
    }
    labels = tuple(sorted(set(poem["train"]["label"])))
    task = Task("p", "p", (Column("text"),), "label", "multiclass", "accuracy", labels)
    rows = {
        split: Rows(
            Inputs(task.inputs, {"text": frame["text"].to_list()}),
            {"p": frame["label"].to_list()},
            np.arange(len(frame)),
        )
        for split, frame in poem.items()
    }
    part = TfidfLinear().fit([task], Fold({"p": rows["train"]}, {}), Context())
    assert dev_value(part, Fold({}, {"p": rows["test"]}), task) >= 0.66  # majority 0.663
