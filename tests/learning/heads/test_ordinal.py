from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from polytask.learning.encoders.encoder import Features
from polytask.learning.heads.ordinal import Ordinal

if TYPE_CHECKING:
    from collections.abc import Sequence


def at(head: Ordinal, places: Sequence[float]) -> torch.Tensor:
    """Class probabilities where `w · x` is each of `places`."""
    with torch.no_grad():
        head.linear.weight.copy_(torch.tensor([[1.0, 0, 0, 0]]))
        vectors = torch.zeros(len(places), 4)
        vectors[:, 0] = torch.tensor(places)
        return head.eval()(Features(vectors)).exp()


def test_probabilities_are_differences_of_the_cumulative_link(world) -> None:
    head = Ordinal(world.tasks["grade"], 4)
    with torch.no_grad():
        head.steps.fill_(1.0)
    found = at(head, [-1.0, 0.3, 5.0])
    below = torch.sigmoid(head.cuts()[None, :] - torch.tensor([[-1.0], [0.3], [5.0]]))
    ones, zeros = torch.ones(3, 1), torch.zeros(3, 1)
    expected = torch.cat([below, ones], 1) - torch.cat([zeros, below], 1)
    assert torch.allclose(found, expected.detach(), atol=1e-6)
    assert torch.allclose(found.sum(1), torch.ones(3))


def test_higher_numbers_mean_higher_classes(world) -> None:
    found = at(Ordinal(world.tasks["grade"], 4), [-30.0, 30.0])
    assert found.argmax(1).tolist() == [0, 2]
    assert found.isfinite().all()


def test_begins_with_the_shares_of_the_classes(world) -> None:
    head = Ordinal(world.tasks["grade"], 4)
    head.fit(["0"] * 60 + ["1"] * 30 + ["2"] * 10 + [None])
    assert at(head, [0.0])[0].tolist() == pytest.approx([0.6, 0.3, 0.1], abs=0.01)


def test_a_class_that_training_lacks_leaves_the_cuts_in_order(world) -> None:
    head = Ordinal(world.tasks["grade"], 4)
    head.fit(["0", "2", "2"])
    assert np.all(np.diff(head.cuts().detach().numpy()) > 0)
