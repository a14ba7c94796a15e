from __future__ import annotations

import pytest
import torch

from polytask.learning.balancing.nash_mtl import bargain


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("tasks", [2, 4, 8])
def test_weights_solve_the_bargain(seed: int, tasks: int) -> None:
    """J Jᵀ w = 1 / w, the equation of the paper's claim 3.2."""
    generator = torch.Generator().manual_seed(seed)
    scales = 10.0 ** torch.arange(tasks)[:, None].clamp(max=3)
    rows = torch.randn(tasks, 30, generator=generator).double() * scales
    w = bargain(rows)
    assert (w > 0).all()
    assert torch.allclose(w * (rows @ rows.T @ w), torch.ones(tasks).double(), rtol=1e-3)


def test_scales_of_losses_do_not_matter() -> None:
    rows = torch.randn(3, 10)
    scaled = rows * torch.tensor([[1.0], [100.0], [0.01]])
    assert torch.allclose(bargain(rows) @ rows, bargain(scaled) @ scaled, rtol=1e-3, atol=1e-5)


def test_opposite_gradients_end_in_no_step() -> None:
    row = torch.tensor([1.0, 2.0])
    w = bargain(torch.stack([row, -row]))
    assert w.isfinite().all()
    assert torch.allclose(w[0] * row - w[1] * row, torch.zeros(2), atol=1e-3)
