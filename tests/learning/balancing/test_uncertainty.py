from __future__ import annotations

import math

import torch

from polytask.learning.balancing.uncertainty import Uncertainty


def test_the_variance_settles_at_twice_the_loss() -> None:
    # d/ds (exp(-s) l + s / 2) = 0 at exp(s) = 2 l
    balance = Uncertainty().start(["easy", "hard"])
    optimiser = torch.optim.SGD(balance.parameters(), lr=0.2)
    for _ in range(500):
        optimiser.zero_grad()
        balance({"easy": torch.tensor(0.1), "hard": torch.tensor(2.0)}).backward()
        optimiser.step()
    variances = next(iter(balance.parameters())).exp().tolist()
    assert math.isclose(variances[0], 0.2, rel_tol=1e-3)
    assert math.isclose(variances[1], 4.0, rel_tol=1e-3)


def test_start_is_an_argument() -> None:
    balance = Uncertainty(start_at=math.log(2)).start(["a"])
    assert math.isclose(
        balance({"a": torch.tensor(1.0)}).item(), 0.5 + math.log(2) / 2, rel_tol=1e-6
    )
