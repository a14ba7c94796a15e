from __future__ import annotations

import math

import pytest
import torch

from polytask._errors import ConfigError
from polytask.learning.balancing.scalarizers import DWA, FAMO, GLS, PBI, RLW, STCH, Constant

SOME = {"a": torch.tensor(1.0), "b": torch.tensor(4.0)}


def given(a: float, b: float) -> dict[str, torch.Tensor]:
    return {"a": torch.tensor(a, requires_grad=True), "b": torch.tensor(b, requires_grad=True)}


def weights(balance, losses) -> list[float]:
    """What the number moves by with each loss."""
    balance(losses).backward()
    return [loss.grad.item() for loss in losses.values()]


def test_dwa_follows_the_ratios_of_two_epochs() -> None:
    balance = DWA(temperature=2.0).start(["a", "b"])
    for a, b in ((1.0, 2.0), (0.5, 2.0)):  # a halves, b stays
        assert weights(balance, given(a, b)) == [1.0, 1.0]
        balance.step()
    high, low = math.exp(1.0 / 2), math.exp(0.5 / 2)
    expected = [2 * low / (low + high), 2 * high / (low + high)]
    assert weights(balance, given(1.0, 1.0)) == pytest.approx(expected)


def test_famo_turns_to_the_task_that_fell_less() -> None:
    balance = FAMO(lr=0.1).start(["a", "b"])
    assert balance.looks_back
    for _ in range(20):
        balance(given(1.0, 1.0))
        balance.update(given(0.5, 0.99))
    first, second = weights(balance, given(1.0, 1.0))
    assert second > first
    assert first + second == pytest.approx(1.0)  # a convex combination of the gradients


def test_values_by_hand() -> None:
    assert GLS().start(["a", "b"])(SOME).item() == pytest.approx(2.0)
    assert Constant(weights=[2.0, 0.5]).start(["a", "b"])(SOME).item() == 4.0
    smooth = 0.1 * math.log(math.exp(0.5 / 0.1) + math.exp(2.0 / 0.1))
    assert STCH(mu=0.1).start(["a", "b"])(SOME).item() == pytest.approx(smooth)
    along, beside = 5 / math.sqrt(2), 3 / math.sqrt(2)
    found = PBI(theta=5.0).start(["a", "b"])(SOME).item()
    assert found == pytest.approx(along + 5 * beside, rel=1e-5)


def test_random_weights_are_positive_and_sum_to_one() -> None:
    found = weights(RLW().start(["a", "b"]), given(1.0, 1.0))
    assert min(found) > 0
    assert sum(found) == pytest.approx(1.0)


def test_weights_belong_to_tasks_not_to_places() -> None:
    balance = Constant(weights=[1.0, 10.0, 100.0]).start(["a", "b", "c"])
    assert balance({"b": torch.tensor(1.0), "c": torch.tensor(1.0)}).item() == 110.0


def test_one_weight_a_task() -> None:
    with pytest.raises(ConfigError, match=r"one number a task, here 2 \(a, b\); found 1"):
        Constant(weights=[1.0]).start(["a", "b"])
