from __future__ import annotations

import torch

from polytask.learning.losses.squared_error import SquaredError


def test_mean_answer_on_standardised_targets_costs_one() -> None:
    target = torch.tensor([-1.0, 1.0, 1.0, -1.0])
    assert SquaredError()(torch.zeros(4), target).mean().item() == 1.0
