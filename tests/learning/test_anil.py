from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch

from polytask.learning.anil import Judged, adapted, begin_at_zero, of_classes
from polytask.learning.episodes import each_alone
from polytask.learning.neural_part import NeuralPart, head_for
from polytask.learning.recipes.anil import ANIL
from polytask.learning.recipes.recipe import Context


def test_the_gradient_goes_through_the_steps_of_the_head_by_hand(by_number) -> None:
    part, fold = by_number(0.5, a=(7.0, [1, 2, 1, 3], [1, 3, 2, 2]))
    begin_at_zero(part.heads["a"])
    run = Judged(part, fold, Context(), ANIL(inner=1, inner_rate=0.1, dropout=0.0))
    losses, _ = run.batch_losses([("a", np.array([0, 1])), ("a", np.array([2, 3]))])
    # learned from (1, 1), (2, 3): slope 0.1 · mean(2 y w x) = 0.35, bias 0.1 · mean(2 y) = 0.4
    # judged by (1, 2), (3, 2): 0.35 · 0.5 x + 0.4 leaves -1.425 and -1.075
    assert losses["a"].item() == pytest.approx((1.425**2 + 1.075**2) / 2)
    losses["a"].backward()
    # the slope itself grows with w: d(0.7 w · w x)/dw = 1.4 w x
    expected = (2 * -1.425 * 0.7 * 1 + 2 * -1.075 * 0.7 * 3) / 2
    assert part.encoder.weight.grad.item() == pytest.approx(expected, rel=1e-5)


def test_steps_of_descent_by_hand_leave_the_start_alone() -> None:
    start = {"w": torch.tensor([2.0, -1.0])}
    found = adapted(lambda numbers: (numbers["w"] ** 2).sum(), start, 3, 0.1)
    assert torch.allclose(found["w"], 0.8**3 * start["w"])
    assert start["w"].tolist() == [2.0, -1.0]
    assert not start["w"].requires_grad
    assert adapted(lambda numbers: numbers["w"].sum(), start, 0, 0.1)["w"].tolist() == [2.0, -1.0]


def test_the_encoder_alone_is_trained(world, tiny) -> None:
    tasks, fold = world.pick("intent", "slots", "score", "about", "grade")
    tiny.freeze(0)
    part = NeuralPart(tiny, {task.name: head_for(task, tiny.dim) for task in tasks})
    for head in part.heads.values():
        begin_at_zero(head)
    run = Judged(part, each_alone(tasks, fold), Context(), ANIL(epochs=1, shots=2, batch_size=8))
    assert {id(p) for p in run.trained} == {id(p) for p in tiny.parameters() if p.requires_grad}
    before = [{n: v.clone() for n, v in h.state_dict().items()} for h in part.heads.values()]
    losses = run.epoch()
    assert set(losses) == set(part.heads)
    assert all(np.isfinite(loss) and loss > 0 for loss in losses.values())
    for old, head in zip(before, part.heads.values(), strict=True):
        assert all(torch.equal(old[name], value) for name, value in head.state_dict().items())


def test_an_episode_learns_from_classes_and_is_judged_by_other_rows_of_them() -> None:
    numbers = np.array([0] * 9 + [1] * 9 + [2] * 3 + [3] + [-1] * 4)
    learned, judged = of_classes(numbers, 4, 16, np.random.default_rng(0))
    assert not {*learned} & {*judged}
    assert Counter(numbers[learned]) == Counter(numbers[judged]) == Counter({0: 4, 1: 4, 2: 1})
    some, _ = of_classes(numbers, 4, 8, np.random.default_rng(1))
    assert len(set(numbers[some])) == 2  # as many classes as there is room for
    assert [len(piece) for piece in of_classes(np.arange(3), 4, 8, np.random.default_rng(0))] == [
        0,
        0,
    ]


def test_tasks_without_classes_to_draw_take_any_rows(world, tiny) -> None:
    tasks, fold = world.pick("score", "about")
    part = NeuralPart(tiny, {task.name: head_for(task, tiny.dim) for task in tasks})
    run = Judged(part, each_alone(tasks, fold), Context(), ANIL(batch_size=16))
    for (_, learned), (_, judged) in run._batches(0):
        assert len(learned) == len(judged) == 16
        assert not {*learned} & {*judged}
