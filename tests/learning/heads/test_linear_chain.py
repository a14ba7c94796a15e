from __future__ import annotations

import torch

from polytask.learning.encoders.encoder import Features
from polytask.learning.heads.linear_chain import LinearChain
from polytask.learning.losses.crf import CRF
from polytask.learning.losses.loss import MISSING


def made(world) -> LinearChain:
    head = LinearChain(world.tasks["slots"], 4)
    torch.nn.init.normal_(head.transitions)
    torch.nn.init.normal_(head.start)
    return head


def test_padding_changes_neither_loss_nor_scores(world) -> None:
    head, tokens = made(world), torch.randn(1, 3, 4)
    target = torch.tensor([[1, 0, 1]])
    alone = Features(torch.zeros(1, 4), tokens, torch.ones(1, 3, dtype=torch.bool))
    more = torch.cat([tokens, torch.randn(1, 2, 4)], dim=1)
    mask = torch.tensor([[True, True, True, False, False]])
    padded = Features(torch.zeros(1, 4), more, mask)
    longer = torch.cat([target, torch.full((1, 2), MISSING)], dim=1)
    short, long = CRF()(head(alone), target), CRF()(head(padded), longer)
    assert torch.allclose(short, long, rtol=1e-5)
    (first,), (second,) = (head.scores(head(f), f.mask) for f in (alone, padded))
    assert first.shape == second.shape == (3, 2)
    assert torch.allclose(torch.as_tensor(first), torch.as_tensor(second), atol=1e-5)


def test_without_transitions_it_answers_as_the_linear_layer(world) -> None:
    head = LinearChain(world.tasks["slots"], 4)
    given = Features(torch.zeros(2, 4), torch.randn(2, 3, 4), torch.ones(2, 3, dtype=torch.bool))
    plain = super(LinearChain, head).forward(given).log_softmax(-1)
    for row, expected in zip(head.scores(head(given), given.mask), plain, strict=True):
        assert torch.allclose(torch.as_tensor(row), expected, atol=1e-5)


def test_it_learns_what_may_follow_what(world) -> None:
    """The second tag is always the other one; the tokens say nothing."""
    head = LinearChain(world.tasks["slots"], 4)
    given = Features(torch.zeros(2, 4), torch.zeros(2, 2, 4), torch.ones(2, 2, dtype=torch.bool))
    target = torch.tensor([[0, 1], [1, 0]])
    optimiser = torch.optim.Adam(head.parameters(), lr=0.1)
    for _ in range(100):
        optimiser.zero_grad()
        loss = head.loss()(head(given), target).mean()
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.6  # one bit of two is left: which comes first
