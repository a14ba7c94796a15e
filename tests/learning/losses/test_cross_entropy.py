from __future__ import annotations

import math

import torch

from polytask.learning.losses.cross_entropy import CrossEntropy
from polytask.learning.losses.loss import MISSING


def test_value_is_log_probability_over_log_classes() -> None:
    logits = torch.tensor([[2.0, 0.0, 0.0]])
    expected = -(2.0 - math.log(math.exp(2) + 2)) / math.log(3)
    assert math.isclose(CrossEntropy()(logits, torch.tensor([0])).item(), expected, rel_tol=1e-6)


def test_tokens_are_averaged_by_row() -> None:
    logits = torch.randn(1, 3, 4)
    target = torch.tensor([[1, MISSING, 2]])
    each = CrossEntropy()(logits[0], target[0])
    assert torch.isclose(CrossEntropy()(logits, target)[0], (each[0] + each[2]) / 2)


def test_smoothing_spreads_the_label() -> None:
    logits = torch.tensor([[2.0, 0.0, 0.0]])
    log_p = logits.log_softmax(1)[0]
    expected = -(0.9 * log_p[0] + 0.1 * log_p.mean()) / math.log(3)
    found = CrossEntropy(smoothing=0.1)(logits, torch.tensor([0]))
    assert torch.isclose(found, expected)
