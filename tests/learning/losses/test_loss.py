"""What every loss keeps: rows without a label cost nothing; a constant answer costs about 1."""

from __future__ import annotations

import pytest
import torch

from polytask.learning.losses.binary_cross_entropy import BinaryCrossEntropy
from polytask.learning.losses.cross_entropy import CrossEntropy
from polytask.learning.losses.loss import MISSING, Loss
from polytask.learning.losses.squared_error import SquaredError

NAN = float("nan")
CASES = [
    (CrossEntropy(), torch.randn(3, 5), torch.tensor([1, MISSING, 4])),
    (CrossEntropy(), torch.randn(3, 2, 5), torch.tensor([[1, 0], [MISSING] * 2, [MISSING, 2]])),
    (BinaryCrossEntropy(), torch.randn(3, 2), torch.tensor([[1.0, 0], [NAN, NAN], [0, 0]])),
    (SquaredError(), torch.randn(3), torch.tensor([1.0, NAN, 0.5])),
]


@pytest.mark.parametrize(("loss", "logits", "target"), CASES)
def test_unlabelled_rows_cost_nothing_and_give_no_gradient(
    loss: Loss, logits: torch.Tensor, target: torch.Tensor
) -> None:
    logits = logits.clone().requires_grad_()
    each = loss(logits, target)
    assert each.shape == (3,)
    assert each[1].item() == 0
    assert each[0].item() > 0
    each.sum().backward()
    assert logits.grad is not None
    assert logits.grad[1].abs().sum() == 0
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize(("loss", "logits", "target"), CASES)
def test_gradient_agrees_with_finite_differences(
    loss: Loss, logits: torch.Tensor, target: torch.Tensor
) -> None:
    target = target.double() if target.is_floating_point() else target
    assert torch.autograd.gradcheck(
        lambda x: loss(x, target).sum(), logits.double().requires_grad_()
    )
