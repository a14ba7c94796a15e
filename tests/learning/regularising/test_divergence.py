from __future__ import annotations

import pytest
import torch
from torch.distributions import Bernoulli, Categorical, kl_divergence

from polytask.learning.losses.crf import marginals
from polytask.learning.regularising.divergence import divergence, symmetric

torch.manual_seed(0)
MISSING = -100
CASES = {
    "classes": (torch.randn(2, 3, 4), torch.tensor([1, 2, MISSING])),
    "tags": (torch.randn(2, 2, 3, 4), torch.tensor([[1, 2, MISSING], [MISSING] * 3])),
    "chain": (torch.randn(2, 2, 3, 4, 4), torch.tensor([[1, 2, 0], [MISSING] * 3])),
    "labels": (torch.randn(2, 2, 3), torch.tensor([[1.0, 0, 1], [float("nan")] * 3])),
    "number": (torch.randn(2, 2), torch.tensor([0.5, float("nan")])),
}


@pytest.mark.parametrize("case", CASES)
def test_nothing_between_equals_and_more_than_nothing_else(case: str) -> None:
    (one, two), target = CASES[case]
    assert divergence(one, one, target).abs().max() < 1e-6
    found = divergence(one, two, target)
    assert found.shape == (len(target),)
    assert found[0] > 0
    assert found[-1] == 0  # no label


@pytest.mark.parametrize("case", CASES)
def test_either_way_is_the_same_in_the_mean(case: str) -> None:
    (one, two), target = CASES[case]
    assert torch.allclose(symmetric(one, two, target), symmetric(two, one, target))
    assert symmetric(one, one, target).abs().max() < 1e-6


def test_values_are_those_of_torch() -> None:
    (one, two), target = CASES["classes"]
    expected = kl_divergence(Categorical(logits=one), Categorical(logits=two)) / torch.log(
        torch.tensor(4.0)
    )
    assert torch.allclose(divergence(one, two, target)[:2], expected[:2])
    (one, two), target = CASES["labels"]
    expected = kl_divergence(Bernoulli(logits=one), Bernoulli(logits=two)).mean(1)
    found = divergence(one, two, target)[0] * torch.log(torch.tensor(2.0))
    assert torch.allclose(found, expected[0])


def test_tags_count_where_they_are_labelled_and_chains_by_their_marginals() -> None:
    (one, two), target = CASES["tags"]
    kl = kl_divergence(Categorical(logits=one[0, :2]), Categorical(logits=two[0, :2]))
    expected = kl.mean() / torch.log(torch.tensor(4.0))
    assert torch.allclose(divergence(one, two, target)[0], expected)
    (one, two), target = CASES["chain"]
    plain = divergence(marginals(one), marginals(two), target)
    assert torch.allclose(divergence(one, two, target), plain)


def test_a_missing_label_gives_no_gradient() -> None:
    for pair, target in CASES.values():
        one, two = pair.clone().requires_grad_().unbind(0)
        (found,) = torch.autograd.grad(symmetric(one, two, target)[-1], [one])
        assert not found.any()
