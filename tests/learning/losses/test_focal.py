from __future__ import annotations

import math

import pytest
import torch

from polytask.learning.losses.cross_entropy import CrossEntropy
from polytask.learning.losses.focal import Focal


def test_value_by_hand() -> None:
    logits = torch.tensor([[math.log(3.0), 0.0]])  # the right class has 3/4
    expected = 0.25**2 * math.log(4 / 3) / (0.5**2 * math.log(2))
    assert Focal(gamma=2.0)(logits, torch.tensor([0])).item() == pytest.approx(expected)


def test_gamma_of_zero_is_cross_entropy() -> None:
    logits, target = torch.randn(5, 3), torch.tensor([0, 1, 2, 0, 1])
    assert torch.allclose(Focal(gamma=0.0)(logits, target), CrossEntropy()(logits, target))
