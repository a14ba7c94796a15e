from __future__ import annotations

import torch

from polytask.learning.balancing.projecting import NonNegative


def test_the_conditions_of_the_programme_hold() -> None:
    """KKT of min vᵀ G v, v >= u: G v >= 0, and (v - u) · (G v) = 0."""
    rows = torch.randn(4, 6, dtype=torch.double)
    gramian, u = rows @ rows.T, torch.eye(4, dtype=torch.double)
    found = NonNegative()(u, gramian)
    slope = found @ gramian
    assert (found - u).min() > -1e-9
    assert slope.min() > -1e-4
    assert ((found - u) * slope).abs().max() < 1e-3


def test_no_gradient_at_all_changes_nothing() -> None:
    u = torch.ones(2)
    assert torch.equal(NonNegative()(u, torch.zeros(2, 2)), u)
