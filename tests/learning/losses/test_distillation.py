from __future__ import annotations

import math

import pytest
import torch

from polytask.learning.losses.distillation import Distillation


def test_value_by_hand() -> None:
    teacher, student = torch.tensor([[math.log(9.0), 0.0]]), torch.tensor([[0.0, 0.0]])
    p = 0.75  # 9 ** (1 / 2) to 1
    divergence = p * math.log(p / 0.5) + (1 - p) * math.log((1 - p) / 0.5)
    expected = 4 * divergence / math.log(2)
    assert Distillation(temperature=2.0)(student, teacher).item() == pytest.approx(expected)


def test_its_size_keeps_as_the_temperature_rises() -> None:
    """T² makes the gradient at high temperatures that of matching logits (Hinton, section 2.1)."""
    teacher = torch.tensor([[1.0, -1.0, 0.0]], dtype=torch.double)
    student = torch.zeros(1, 3, dtype=torch.double, requires_grad=True)
    Distillation(temperature=1000.0)(student, teacher).backward()
    assert torch.allclose(student.grad * math.log(3), -teacher / 3, rtol=1e-2, atol=1e-3)
