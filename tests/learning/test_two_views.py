from __future__ import annotations

import math

import pytest
import torch

from polytask.learning.two_views import TwoViews, in_batch


def test_the_loss_of_two_pairs_by_hand() -> None:
    first = torch.tensor([[2.0, 0.0], [0.0, 1.0]])
    second = torch.tensor([[3.0, 4.0], [0.0, 5.0]])
    # cosines: row 0 has 0.6 to its partner and 0 to the other, row 1 has 1 and 0.8
    tau = 0.5
    one = math.log(math.exp(0.6 / tau) + math.exp(0.0)) - 0.6 / tau
    two = math.log(math.exp(1.0 / tau) + math.exp(0.8 / tau)) - 1.0 / tau
    expected = (one + two) / 2 / math.log(2)
    assert in_batch(first, second, tau).item() == pytest.approx(expected, rel=1e-6)


def test_only_partners_are_held_against_a_row() -> None:
    """Rows of the same view are no negatives: alike first views alone make it no dearer."""
    second = torch.eye(3)
    apart = in_batch(torch.eye(3), second, 0.1)
    assert apart < 1e-3
    same = in_batch(torch.ones(3, 3), second, 0.1)
    assert same.item() == pytest.approx(1.0)  # each partner is as near as any: a guess


def test_a_row_alone_costs_nothing_and_its_gradient_is_zero() -> None:
    vector = torch.randn(1, 4, requires_grad=True)
    loss = in_batch(vector, torch.randn(1, 4), 0.05)
    loss.backward()
    assert loss.item() == 0.0
    assert not vector.grad.any()


def test_the_gradient_is_that_of_finite_differences() -> None:
    generator = torch.Generator().manual_seed(0)
    first, second = torch.randn(2, 3, 4, generator=generator, dtype=torch.float64)
    first.requires_grad_()

    def loss(vectors: torch.Tensor) -> torch.Tensor:
        from torch.nn import functional

        cosines = functional.normalize(vectors, dim=1) @ functional.normalize(second, dim=1).T
        return (cosines / 0.2).logsumexp(1).sub(cosines.diagonal() / 0.2).mean() / math.log(3)

    assert torch.autograd.gradcheck(loss, first)
    assert in_batch(first, second, 0.2).item() == pytest.approx(loss(first).item(), rel=1e-5)


def test_dropout_alone_makes_the_two_views_differ(world, tiny) -> None:
    objective = TwoViews(world.tasks["grade"], tiny.dim, 0.05)
    prepared = tiny.prepare(world.fold.train["notes"].inputs)
    batch = tiny.collate(prepared, range(8))
    tiny.set_dropout(0.1)
    tiny.eval()
    with torch.no_grad():
        still = objective.price(tiny, batch)
        vectors = tiny(batch).vector
        assert still.item() == pytest.approx(in_batch(vectors, vectors, 0.05).item())
        tiny.train()
        shaken = [objective.price(tiny, batch).item() for _ in range(30)]
        assert len(set(shaken)) == len(shaken)
        assert sum(shaken) / len(shaken) > still
