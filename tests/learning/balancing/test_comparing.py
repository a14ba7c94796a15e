from __future__ import annotations

import torch

from polytask.learning.balancing.aggregators import PCGrad
from polytask.learning.balancing.comparing import gradients, jacobian, labelled


def test_rows_are_the_gradients_of_a_linear_layer_over_the_features() -> None:
    features, layer = torch.randn(6, 4), torch.eye(4, requires_grad=True)
    heads = torch.randn(2, 4)
    through = ((features @ layer) @ heads.T).square().mean(0)
    expected = torch.stack([torch.autograd.grad(x, layer, retain_graph=True)[0] for x in through])
    shared = features.clone().requires_grad_()
    rows = gradients(list((shared @ heads.T).square().mean(0)), [shared])
    found = jacobian([shared], rows, per_parameter=False)
    assert torch.allclose(found, expected.flatten(1), atol=1e-6)


def test_a_mean_of_tokens_and_the_tokens_are_one_layer() -> None:
    """Vectors that are means of token vectors: the same rows as at the tokens themselves."""
    tokens = torch.randn(3, 5, 4, requires_grad=True)
    rows = gradients([tokens.mean(1).square().sum(), (tokens - 1).square().sum()], [tokens])
    whole = jacobian([tokens], rows, per_parameter=False)
    vector = tokens.detach().mean(1).requires_grad_()
    rows = gradients([vector.square().sum(), (tokens - 1).square().sum()], [vector, tokens])
    assert torch.allclose(jacobian([vector, tokens], rows, per_parameter=False), whole, atol=1e-4)


def test_conflicts_of_tasks_with_different_rows_are_seen() -> None:
    """Both tasks see like rows and pull them apart; the gradients at the rows never meet."""
    encoder = torch.nn.Linear(3, 3)
    first, second = encoder(torch.ones(2, 3)), encoder(torch.ones(2, 3))
    losses = {"up": (first - 9).square().mean(), "down": (second + 9).square().mean() * 2}
    plain = torch.autograd.grad(sum(losses.values()), encoder.weight, retain_graph=True)[0]
    balance = PCGrad().start(["up", "down"])
    balance(losses, shared=[first, second]).backward()
    assert encoder.weight.grad is not None
    assert not torch.allclose(encoder.weight.grad, plain)


def test_the_value_stays_the_sum_of_the_losses() -> None:
    shared = torch.randn(4, 3, requires_grad=True)
    losses = {"a": shared.square().sum(), "b": (shared - 5).square().sum()}
    total = PCGrad().start(["a", "b"])(losses, shared=shared)
    assert total.item() == (losses["a"] + losses["b"]).item()


def test_only_tasks_with_a_loss_take_part() -> None:
    assert labelled({"a": torch.tensor(0.0), "b": torch.tensor(2.0)}) == ("b",)
