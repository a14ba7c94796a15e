from __future__ import annotations

import pytest
import torch

from polytask.learning.balancing.imtl_l import IMTLL


def test_every_loss_is_scaled_to_one() -> None:
    # d/ds (exp(s) l - s) = 0 at exp(s) = 1 / l
    balance = IMTLL().start(["easy", "hard"])
    optimiser = torch.optim.SGD(balance.parameters(), lr=0.2)
    losses = {"easy": torch.tensor(0.1), "hard": torch.tensor(2.0)}
    for _ in range(300):
        optimiser.zero_grad()
        balance(losses).backward()
        optimiser.step()
    scales = torch.exp(-next(iter(balance.parameters())))
    assert (scales * torch.stack(list(losses.values()))).tolist() == pytest.approx([1, 1], rel=1e-3)
