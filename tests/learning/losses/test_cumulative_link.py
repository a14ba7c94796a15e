from __future__ import annotations

import math

import pytest
import torch

from polytask.learning.losses.cross_entropy import CrossEntropy
from polytask.learning.losses.cumulative_link import CumulativeLink


def test_value_by_hand() -> None:
    logits = torch.tensor([[0.2, 0.3, 0.5]]).log()
    expected = -(math.log(1 - 0.2) + math.log(0.2 + 0.3)) / 2 / math.log(2)  # above 0, not above 1
    assert CumulativeLink()(logits, torch.tensor([1])).item() == pytest.approx(expected, rel=1e-5)


def test_cross_entropy_of_the_ordinal_head_is_the_likelihood_of_the_model(world) -> None:
    """P(y = k) = sigma(b_k - w x) - sigma(b_(k-1) - w x), as the head's logits say."""
    from polytask.learning.encoders.encoder import Features
    from polytask.learning.heads.ordinal import Ordinal

    head = Ordinal(world.tasks["grade"], 4).double()
    torch.nn.init.normal_(head.steps)
    given = Features(torch.randn(6, 4).double())
    at = head.linear(given.vector)
    below = torch.sigmoid(head.cuts() - at)
    edges = torch.cat([torch.zeros(6, 1), below, torch.ones(6, 1)], dim=1)
    classes = edges.shape[1] - 1
    target = torch.arange(6) % classes
    expected = -edges.diff(dim=1)[torch.arange(6), target].log() / math.log(max(2, classes))
    assert torch.allclose(CrossEntropy()(head(given), target), expected)
