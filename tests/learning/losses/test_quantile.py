from __future__ import annotations

import pytest
import torch

from polytask.learning.losses.quantile import Quantile


@pytest.mark.parametrize("q", [0.1, 0.5, 0.9])
def test_the_best_constant_is_the_quantile_and_costs_one(q: float) -> None:
    normal = torch.distributions.Normal(0.0, 1.0)
    target = normal.icdf(torch.linspace(5e-5, 1 - 5e-5, 10_001))
    answers = torch.linspace(-2, 2, 401)
    costs = torch.stack([Quantile(q=q)(a.expand_as(target), target).mean() for a in answers])
    best = int(costs.argmin())
    assert answers[best].item() == pytest.approx(normal.icdf(torch.tensor(q)).item(), abs=0.011)
    assert costs[best].item() == pytest.approx(1.0, abs=0.01)
