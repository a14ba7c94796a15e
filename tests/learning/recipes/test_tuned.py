from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from polytask._errors import ConfigError
from polytask.learning.encoders.text import TextEncoder
from polytask.learning.neural_part import NeuralPart
from polytask.learning.recipes.probe import Probe
from polytask.learning.recipes.recipe import Context
from polytask.learning.recipes.tuned import Tuned, texts_only
from polytask.tasks.task import Column, Task

IMAGE = Task("side", "scans", (Column("scan", "image"),), "side", "binary", "accuracy", ("a",))


@dataclass(frozen=True)
class Untouched(Tuned):
    """Leaves the encoder as it was pretrained."""

    epochs: int = 1
    learning_rate: float = 1e-3
    batch_size: int = 8
    weight_decay: float = 0.0
    dropout: float = 0.0
    penalty: float | None = 0.01

    def suits(self, tasks) -> None:
        texts_only(self, tasks)

    def tune(self, tasks, fold, context) -> NeuralPart:
        assert set(fold.train) == {task.table for task in tasks}
        passes = {task.name: 2.5 for task in tasks}
        return NeuralPart(TextEncoder.load(context.encoder), {}, passes=passes)

    def read(self, tasks, fold) -> float:
        return 0.0 * len(tasks) * len(fold.train)


def test_a_linear_model_as_of_a_probe_answers_over_the_tuned_encoder(world, tiny_folder) -> None:
    tasks, fold = world.pick("about", "grade")
    context = Context(encoder=tiny_folder, threads=1, dtype="float32")
    part = Untouched().fit(tasks, fold, context)
    probe = Probe(0.01, ranked=True).fit(tasks, fold, context)
    inputs = fold.dev["notes"].inputs
    expected = probe.scores(inputs, ["about", "grade"])
    for name, found in part.scores(inputs, ["about", "grade"]).items():
        assert np.array_equal(found, expected[name])
    assert part.passes == {"about": 2.5, "grade": 2.5}
    assert part.recipe == str(Untouched()) == "Untouched()"


def test_what_it_is_not_for_is_refused_before_it_tunes(world) -> None:
    with pytest.raises(ConfigError, match="Untouched reads texts; 'side' reads image"):
        Untouched().fit([IMAGE], world.fold, Context(encoder="nowhere"))


def test_what_it_reads_costs_time_beside_the_probe(
    world, tiny_folder, tmp_path, monkeypatch
) -> None:
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path))
    tasks, fold = world.pick("grade")
    context = Context(encoder=tiny_folder, threads=1)
    probe = Probe().estimate(tasks, fold, context)
    assert Untouched().estimate(tasks, fold, context) == pytest.approx(probe)
    monkeypatch.setattr(Untouched, "read", lambda *_: 1e6)
    assert Untouched().estimate(tasks, fold, context) > probe
