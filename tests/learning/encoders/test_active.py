"""Embeddings of which only the reachable rows are trained."""

from __future__ import annotations

import torch
from torch import nn

from polytask.learning.encoders.active import ActiveEmbedding


def test_a_step_equals_that_of_the_whole_table() -> None:
    torch.manual_seed(0)
    whole, twin = nn.Embedding(9, 4), nn.Embedding(9, 4)
    twin.load_state_dict(whole.state_dict())
    ids = torch.tensor([[1, 3, 3], [7, 1, 1]])
    goal = torch.randn(2, 3, 4)
    narrow = ActiveEmbedding(whole, torch.tensor([1, 3, 7]))
    for module in (twin, narrow):
        optimiser = torch.optim.SGD(module.parameters(), lr=0.5)
        (module(ids) - goal).square().mean().backward()
        optimiser.step()
    assert torch.allclose(narrow(ids), twin(ids))
    restored = narrow.restore()
    assert restored is whole
    assert torch.allclose(whole.weight, twin.weight)


def test_unreachable_rows_are_looked_up_and_stay() -> None:
    whole = nn.Embedding(5, 2)
    before = whole.weight.detach().clone()
    narrow = ActiveEmbedding(whole, torch.tensor([0, 2]))
    ids = torch.tensor([[0, 4, 2], [1, 1, 3]])
    assert torch.equal(narrow(ids), whole(ids))
    narrow(ids).sum().backward()
    assert narrow.rows.grad is not None
    assert narrow.rows.grad.shape == (2, 2)
    assert whole.weight.grad is None
    with torch.no_grad():
        narrow.rows += 1
    assert torch.equal(narrow.restore().weight[[1, 3, 4]], before[[1, 3, 4]])
    assert [name for name, _ in narrow.named_parameters()] == ["rows"]
