from __future__ import annotations

import numpy as np
import pytest
import torch

from polytask.learning.episodes import each_alone
from polytask.learning.neural_part import NeuralPart, head_for
from polytask.learning.recipes.recipe import Context
from polytask.learning.recipes.reptile import Reptile
from polytask.learning.reptile import Inward

RATE = 0.1
BATCHES = {"a": [("a", np.array([0, 1]))], "b": [("b", np.array([0, 1]))]}


@pytest.fixture
def begun(by_number, monkeypatch):
    """Two tasks over one weight 0.5: a through 1.0 x + 0, b through 2.0 x + 0; plain descent."""

    def start(**arguments) -> Inward:
        part, fold = by_number(0.5, a=(1.0, [1, 2], [1, 3]), b=(2.0, [1, -1], [0, 2]))
        monkeypatch.setattr(Reptile, "clip", 1e9)
        run = Inward(part, fold, Context(), Reptile(epochs=1, dropout=0.0, **arguments))
        groups = [{"params": run.trained, "lr": RATE, "highest": RATE}]
        run.optimiser = torch.optim.SGD(groups)
        return run

    return start


def numbers(run: Inward, task: str) -> list[float]:
    head = run.part.heads[task].linear
    return [n.item() for n in (run.part.encoder.weight, head.weight, head.bias)]


def test_one_step_an_episode_by_hand(begun) -> None:
    run = begun(inner=1, pace=0.5)
    assert run.steps_an_epoch == 8  # four episodes a task
    losses = run.update(BATCHES["a"], 0)
    # residuals -0.5 and -2: gradients -4.5 (weight), -2.25 (slope), -2.5 (bias); half a step
    assert losses == {"a": pytest.approx((0.25 + 4) / 2)}
    assert numbers(run, "a") == pytest.approx([0.725, 1.1125, 0.125])
    assert numbers(run, "b")[1:] == [2.0, 0.0]
    run.update(BATCHES["b"], 1)
    # residuals 1.45 and -3.45: gradient of the weight 9.8; the pace is now 0.5 · 7/8
    assert numbers(run, "b")[0] == pytest.approx(0.725 - 0.5 * 7 / 8 * 0.98)
    assert numbers(run, "a")[1:] == pytest.approx([1.1125, 0.125])


def test_two_steps_lead_further_and_the_start_follows_half_way(begun) -> None:
    run = begun(inner=2, pace=0.5)
    x, y = np.array([1.0, 2.0]), np.array([1.0, 3.0])
    w, v, c = 0.5, 1.0, 0.0
    for _ in range(2):
        r = v * w * x + c - y
        w, v, c = (
            w - RATE * (2 * r * v * x).mean(),
            v - RATE * (2 * r * w * x).mean(),
            c - RATE * (2 * r).mean(),
        )
    run.update(BATCHES["a"] * 2, 0)
    assert numbers(run, "a") == pytest.approx([(0.5 + w) / 2, (1 + v) / 2, c / 2], rel=1e-5)


def test_the_start_stands_still_at_the_end(begun) -> None:
    """The pace falls in a line; with all of it gone nothing would move."""
    run = begun(inner=1, pace=1.0)
    before = numbers(run, "a")
    run.update(BATCHES["a"], 8)  # as many steps as there are
    assert numbers(run, "a") == before


def test_no_momentum_goes_from_task_to_task(world, tiny) -> None:
    tasks, fold = world.pick("intent", "grade")
    part = NeuralPart(tiny, {task.name: head_for(task, tiny.dim) for task in tasks})
    run = Inward(part, each_alone(tasks, fold), Context(), Reptile())
    assert all(group["betas"][0] == 0.0 for group in run.optimiser.param_groups)


def test_an_episode_has_a_batch_of_one_task_for_each_step(world, tiny) -> None:
    tasks, fold = world.pick("intent", "grade")
    part = NeuralPart(tiny, {task.name: head_for(task, tiny.dim) for task in tasks})
    run = Inward(part, each_alone(tasks, fold), Context(), Reptile(inner=3, batch_size=32))
    for episode in run._batches(0):
        assert len({task for task, _ in episode}) == 1
        assert [len(rows) for _, rows in episode] == [32, 32, 32]
