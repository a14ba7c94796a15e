from __future__ import annotations

import pytest
import torch

from polytask.learning.balancing.grad_norm import GradNorm

STRONG, WEAK = torch.tensor([3.0, 0.0]), torch.tensor([0.0, 1.0])


def learned(alpha: float, later: float) -> list[float]:
    """Weights after many steps; the loss of the first task falls to `later` of its first value."""
    balance = GradNorm(alpha=alpha, learning_rate=0.01, per_parameter=True).start(["a", "b"])
    for step in range(250):
        p = torch.zeros(2, requires_grad=True)
        losses = {"a": STRONG @ p + (1.0 if step == 0 else later), "b": WEAK @ p + 1.0}
        balance(losses, shared=[p]).backward()
    return balance.weights.tolist()


def test_norms_meet_where_all_tasks_learn_alike() -> None:
    assert learned(1.5, 1.0) == pytest.approx([0.5, 1.5], abs=0.05)  # 3 w_a = w_b, w_a + w_b = 2


def test_a_slow_task_counts_more_by_the_power_of_alpha() -> None:
    # r_a / r_b = 1/2, so w_a * 3 / (w_b * 1) = (1/2) ** alpha
    a, b = learned(1.0, 0.5)
    assert 3 * a / b == pytest.approx(0.5, abs=0.1)


def test_weights_sum_to_the_number_of_tasks() -> None:
    assert sum(learned(1.5, 0.3)) == pytest.approx(2.0, rel=1e-5)


def test_in_evaluation_nothing_is_learned() -> None:
    balance = GradNorm().start(["a", "b"]).eval()
    balance({"a": torch.tensor(1.0), "b": torch.tensor(2.0)})
    assert balance.weights.tolist() == [1.0, 1.0]
