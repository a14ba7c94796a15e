from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from polytask.learning import checkpoints
from polytask.learning.contrasting import STEPS, Alike, Contrast, contrast, pairs
from polytask.learning.encoders.encoder import Features
from polytask.learning.losses.loss import MISSING
from polytask.learning.neural_part import NeuralPart
from polytask.learning.recipes.few_shot import FewShot
from polytask.learning.recipes.recipe import Context

NUMBERS = np.array([0, 0, 0, 1, 1, MISSING, 2])


def test_the_rows_of_a_pair_are_two_of_one_class() -> None:
    drawn = pairs(NUMBERS, 60, np.random.default_rng(0)).reshape(2, 60)
    first, second = drawn
    assert (NUMBERS[first] == NUMBERS[second]).all()
    assert ((first != second) | (NUMBERS[first] == 2)).all()  # row 6 has none but itself
    assert 5 not in drawn


def test_every_row_has_its_turn() -> None:
    first = pairs(NUMBERS, 12, np.random.default_rng(0))[:12]
    assert Counter(first.tolist()) == dict.fromkeys((0, 1, 2, 3, 4, 6), 2)


def test_rows_are_alike_in_their_class_or_all_their_labels(world) -> None:
    classes = Alike(world.tasks["intent"], 8)
    assert [int(n) for n in classes.encode(["rating", "music", None, "rating"])] == [
        1,
        0,
        MISSING,
        1,
    ]
    labels = Alike(world.tasks["about"], 8)
    found = [int(n) for n in labels.encode([["rome", "good"], ["good", "rome"], ["good"], []])]
    assert found[0] == found[1] != found[2]
    assert found[3] == MISSING


def test_the_vectors_themselves_are_judged(world) -> None:
    import torch

    vectors = torch.randn(4, 8)
    head = Alike(world.tasks["intent"], 8)
    assert head(Features(vectors)) is vectors
    assert not list(head.parameters())


def test_tasks_have_as_many_batches_each_of_their_own_table(world, tiny) -> None:
    tasks, fold = world.pick("intent", "about", "grade")
    part = NeuralPart(tiny, {task.name: Alike(task, tiny.dim) for task in tasks})
    run = Contrast(part, fold, Context(), FewShot(batch_size=8))
    tables = [table for batch in run._batches(0) for table, _ in batch]
    assert Counter(tables) == {"talk": STEPS, "notes": 2 * STEPS}
    assert all(len(rows) == 8 for batch in run._batches(0) for _, rows in batch)
    assert not np.array_equal(run._batches(0)[0][0][1], run._batches(1)[0][0][1])


def test_rows_of_a_class_move_together(world, tiny_folder) -> None:
    tasks, fold = world.pick("intent")
    told: list = []
    context = Context(encoder=tiny_folder, threads=1, emit=told.append)
    contrast(tasks, fold, context, FewShot(epochs=4, learning_rate=1e-3))
    losses = [event["loss"]["intent"] for event in told if event["event"] == "epoch"]
    assert len(losses) == 4
    assert losses[-1] < losses[0] - 0.05  # with ten of a class in 32 it cannot fall below 0.67


@pytest.mark.slow
def test_the_same_seed_gives_the_same_encoder_and_a_killed_run_ends_equal(
    world, tiny_folder, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(checkpoints, "EVERY", 0.0)
    tasks, fold = world.pick("intent", "grade")
    recipe = FewShot(epochs=3, batch_size=8)

    class Killed(Exception):  # noqa: N818 — no error: it stands for a kill
        pass

    def run(checkpoint=None, die=False) -> str:
        def emit(event) -> None:
            if die and event["event"] == "epoch" and event["epoch"] == 2:
                raise Killed

        context = Context(encoder=tiny_folder, threads=1, checkpoint=checkpoint, emit=emit)
        return contrast(tasks, fold, context, recipe).encoder.digest()

    whole = run()
    with pytest.raises(Killed):
        run(tmp_path, die=True)
    assert run(tmp_path) == whole == run()
