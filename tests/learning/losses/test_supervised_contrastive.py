from __future__ import annotations

import math

import pytest
import torch

from polytask.learning.losses.loss import MISSING
from polytask.learning.losses.supervised_contrastive import SupervisedContrastive


def test_value_by_formula() -> None:
    vectors, target = torch.randn(5, 3), torch.tensor([0, 1, 0, 0, 1])
    z = vectors / vectors.norm(dim=1, keepdim=True)
    expected = []
    for i in range(5):
        others = [a for a in range(5) if a != i]
        bottom = sum(math.exp(z[i] @ z[a] / 0.5) for a in others)
        friends = [p for p in others if target[p] == target[i]]
        each = [math.log(math.exp(z[i] @ z[p] / 0.5) / bottom) for p in friends]
        expected.append(-sum(each) / len(each) / math.log(4))
    found = SupervisedContrastive(temperature=0.5)(vectors, target)
    assert found.tolist() == pytest.approx(expected, rel=1e-5)


def test_rows_without_a_label_are_as_if_not_there() -> None:
    vectors, target = torch.randn(4, 3), torch.tensor([0, 0, MISSING, 1])
    loss, kept = SupervisedContrastive(), [0, 1, 3]
    assert torch.allclose(loss(vectors, target)[kept], loss(vectors[kept], target[kept]))
