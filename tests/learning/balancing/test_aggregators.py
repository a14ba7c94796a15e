"""The mathematics of the aggregators, on gradients given as they are: losses linear in `p`."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
import torch

from polytask._errors import ConfigError
from polytask.learning.balancing.aggregators import (
    IMTLG,
    MGDA,
    AlignedMTL,
    ConFIG,
    DualProj,
    GradDrop,
    Krum,
    PCGrad,
    TrimmedMean,
    UPGrad,
)

if TYPE_CHECKING:
    from polytask.learning.balancing.balancer import Balancer

CONFLICT = torch.tensor([[1.0, 0.2], [-1.0, 0.5]])


def random_rows(seed: int, tasks: int = 3) -> torch.Tensor:
    return torch.randn(tasks, 5, generator=torch.Generator().manual_seed(seed)).double()


def direction(balancer: Balancer, rows: torch.Tensor) -> torch.Tensor:
    """The gradient that a parameter gets where task t has the gradient `rows[t]`."""
    p = torch.zeros(rows.shape[1], dtype=rows.dtype, requires_grad=True)
    losses = {str(t): row @ p + 1 for t, row in enumerate(rows)}
    balancer.start(list(losses))(losses, shared=[p]).backward()
    assert p.grad is not None
    return p.grad


def test_pcgrad_projects_away_what_conflicts() -> None:
    a, b = CONFLICT
    expected = (a - (a @ b) / (b @ b) * b) + (b - (a @ b) / (a @ a) * a)
    assert torch.allclose(direction(PCGrad(per_parameter=True), CONFLICT), expected)


def test_pcgrad_leaves_agreeing_gradients_alone() -> None:
    rows = torch.tensor([[1.0, 0.0], [0.5, 1.0]])
    assert torch.allclose(direction(PCGrad(per_parameter=True), rows), rows.sum(0))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_mgda_fulfils_the_conditions_of_the_shortest_vector(seed: int) -> None:
    """KKT of min |w J|² on the simplex: g_t · d >= |d|², with equality where w_t > 0."""
    rows = random_rows(seed)
    d = direction(MGDA(epsilon=1e-9, max_iters=20_000, per_parameter=True), rows)
    weights = torch.linalg.lstsq(rows.T, d).solution
    assert weights.sum().item() == pytest.approx(1, abs=1e-6)
    assert weights.min() > -1e-6
    slack = rows @ d - d @ d
    assert slack.min() > -1e-3
    assert (slack * weights).abs().max() < 1e-3


@pytest.mark.parametrize("seed", range(5))
def test_imtlg_has_one_projection_on_every_gradient(seed: int) -> None:
    rows = random_rows(seed)
    d = direction(IMTLG(per_parameter=True), rows)
    found = rows @ d / rows.norm(dim=1)
    assert torch.allclose(found, found[0].expand(3), rtol=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_aligned_mtl_has_orthogonal_parts_of_one_length(seed: int) -> None:
    """With w = 1/T the direction is the mean of gradients made orthonormal up to one factor."""
    rows = random_rows(seed)
    u, s, v = torch.linalg.svd(rows, full_matrices=False)
    expected = s.min() * (u @ v).mean(0)
    found = direction(AlignedMTL(per_parameter=True), rows)
    assert torch.allclose(found, expected, rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize("balancer", [UPGrad(per_parameter=True), DualProj(per_parameter=True)])
@pytest.mark.parametrize("seed", range(5))
def test_no_loss_rises_after_a_projection(balancer: Balancer, seed: int) -> None:
    rows = random_rows(seed)
    assert (rows @ direction(balancer, rows)).min() > -1e-4


def test_dual_projection_is_the_nearest_point_of_the_cone() -> None:
    """Against a search over which constraints hold with equality."""
    rows = torch.cat([random_rows(3, 2), -random_rows(3, 1) + 0.1])
    mean, best = rows.mean(0), None
    for size in range(4):
        for held in itertools.combinations(range(3), size):
            tight = rows[list(held)]
            point = mean - torch.linalg.pinv(tight) @ tight @ mean if held else mean
            far = (point - mean).norm()
            if (rows @ point).min() > -1e-9 and (best is None or far < best[0]):
                best = (far, point)
    assert best is not None
    found = direction(DualProj(per_parameter=True), rows)
    assert torch.allclose(found, best[1], atol=1e-4)


def test_upgrad_as_in_the_documentation_of_torchjd() -> None:
    rows = torch.tensor([[-4.0, 1.0, 1.0], [6.0, 1.0, 1.0]])
    found = direction(UPGrad(per_parameter=True), rows)
    assert torch.allclose(found, torch.tensor([0.2929, 1.9004, 1.9004]), atol=2e-3)


@pytest.mark.parametrize("method", [ConFIG, GradDrop, TrimmedMean])
def test_features_that_are_not_shared_are_refused(world, method) -> None:
    """Trimmed of the largest and the smallest number, gradients that never meet would all be 0."""
    apart = [world.tasks[name] for name in ("slots", "intent", "about")]
    method().suits([world.tasks[name] for name in ("intent", "score")])
    method(per_parameter=True).suits(apart)
    PCGrad().suits(apart)
    with pytest.raises(ConfigError, match=f"`balancer` {method.__name__} works on each number"):
        method().suits(apart)
    with pytest.raises(ConfigError, match="the rows of talk, tokens of talk; set `per_param"):
        method().suits(apart[:2])


def test_krum_wants_three_tasks() -> None:
    with pytest.raises(ConfigError, match="needs 3 tasks; found a, b"):
        Krum().start(["a", "b"])
