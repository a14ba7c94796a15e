"""What every balancer keeps; new ones are added to `EVERY` by the catalogue."""

from __future__ import annotations

import pytest
import torch

from polytask._catalogue import Spec
from polytask.learning.balancing import BALANCERS

EVERY = list(BALANCERS)


@pytest.mark.parametrize("name", EVERY)
def test_gives_one_number_with_a_gradient_for_every_loss(name: str) -> None:
    balance = BALANCERS.build(Spec(name, {})).start(["a", "b"])
    shared = torch.randn(4, 3, requires_grad=True)
    losses = {"a": shared.square().mean(), "b": shared.abs().mean()}
    total = balance(losses, shared=shared)
    assert total.dim() == 0
    total.backward()
    assert shared.grad is not None
    assert shared.grad.abs().sum() > 0


@pytest.mark.parametrize("name", EVERY)
def test_a_batch_may_lack_a_task(name: str) -> None:
    balance = BALANCERS.build(Spec(name, {})).start(["a", "b"])
    assert balance({"b": torch.tensor(2.0)}).isfinite()


@pytest.mark.parametrize("name", EVERY)
def test_state_survives_saving(name: str) -> None:
    first, second = (BALANCERS.build(Spec(name, {})).start(["a", "b"]) for _ in range(2))
    for value in first.parameters():
        value.data.add_(0.5)
    second.load_state_dict(first.state_dict())
    losses = {"a": torch.tensor(1.0), "b": torch.tensor(3.0)}
    assert first(losses).item() == second(losses).item()
