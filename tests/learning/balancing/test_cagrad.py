from __future__ import annotations

import pytest
import torch

from polytask.learning.balancing.cagrad import averse


@pytest.mark.parametrize("c", [0.2, 0.5, 0.9])
def test_no_other_direction_in_the_ball_helps_the_worst_task_more(c: float) -> None:
    """Against all directions of a disc, in two dimensions."""
    rows = torch.tensor([[1.0, 0.3], [-0.6, 0.8]])
    mean = rows.mean(0)
    found = averse(rows, c) @ rows
    assert (found - mean).norm().item() == pytest.approx(c * mean.norm().item(), rel=1e-4)
    angles = torch.linspace(0, 2 * torch.pi, 100_000)
    circle = mean + c * mean.norm() * torch.stack([angles.cos(), angles.sin()], dim=1)
    best = (circle @ rows.T).min(1).values.max()
    assert (rows @ found).min().item() == pytest.approx(best.item(), rel=1e-3)


def test_a_radius_of_zero_is_the_mean() -> None:
    rows = torch.randn(4, 6)
    assert torch.allclose(averse(rows, 0.0) @ rows, rows.mean(0), atol=1e-6)
