from __future__ import annotations

import math

import pytest
import torch

from polytask.learning.losses.asymmetric import Asymmetric
from polytask.learning.losses.binary_cross_entropy import BinaryCrossEntropy


def test_value_by_hand() -> None:
    logits = torch.tensor([[0.0, math.log(3.0)]])  # probabilities 1/2 and 3/4
    there, gone = 0.5 * math.log(2), 0.7**2 * -math.log(0.3)
    found = Asymmetric(positive=1.0, negative=2.0, margin=0.05)(logits, torch.tensor([[1.0, 0.0]]))
    assert found.item() == pytest.approx((there + gone) / 2 / math.log(2), rel=1e-5)


def test_without_its_arguments_it_is_binary_cross_entropy() -> None:
    logits, target = torch.randn(4, 6), torch.randint(2, (4, 6)).float()
    plain = Asymmetric(positive=0.0, negative=0.0, margin=0.0)
    assert torch.allclose(plain(logits, target), BinaryCrossEntropy()(logits, target))


def test_absent_labels_below_the_margin_are_free() -> None:
    found = Asymmetric(margin=0.05)(torch.tensor([[-4.0]]), torch.tensor([[0.0]]))  # 0.018
    assert found.item() == 0.0
