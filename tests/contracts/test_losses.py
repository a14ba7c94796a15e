"""What every loss keeps: rows without a label cost nothing; a constant answer costs about 1."""

from __future__ import annotations

import pytest
import torch

from polytask._catalogue import parse
from polytask._errors import ConfigError
from polytask.learning.heads import BY_KIND, HEADS
from polytask.learning.losses import LOSSES
from polytask.learning.losses.asymmetric import Asymmetric
from polytask.learning.losses.binary_cross_entropy import BinaryCrossEntropy
from polytask.learning.losses.crf import CRF
from polytask.learning.losses.cross_entropy import CrossEntropy
from polytask.learning.losses.cumulative_link import CumulativeLink
from polytask.learning.losses.distillation import Distillation
from polytask.learning.losses.focal import Focal
from polytask.learning.losses.huber import Huber
from polytask.learning.losses.joint_softmax import JointSoftmax
from polytask.learning.losses.loss import MISSING, Loss
from polytask.learning.losses.quantile import Quantile
from polytask.learning.losses.squared_error import SquaredError
from polytask.learning.losses.supervised_contrastive import SupervisedContrastive

NAN = float("nan")
CLASSES = ((5,), torch.tensor([1, MISSING, 4, 1]))
TOKENS = ((2, 5), torch.tensor([[1, 0], [MISSING] * 2, [MISSING, 2], [3, 3]]))
LABELS = ((2,), torch.tensor([[1.0, 0], [NAN, NAN], [0, 0], [1, 1]]))
NUMBERS = ((), torch.tensor([1.5, NAN, 0.5, -2.0]))
CASES = [
    (CrossEntropy(), *CLASSES),
    (CrossEntropy(), *TOKENS),
    (CrossEntropy(smoothing=0.1), *CLASSES),
    (CrossEntropy(smoothing=0.1), *TOKENS),
    (JointSoftmax(), *CLASSES),
    (JointSoftmax(smoothing=0.1), *CLASSES),
    (Focal(), *CLASSES),
    (Focal(gamma=0.5), *TOKENS),
    (CumulativeLink(), *CLASSES),
    (BinaryCrossEntropy(), *LABELS),
    (Asymmetric(positive=1.0, negative=2.0, margin=0.0), *LABELS),
    (Asymmetric(), *LABELS),
    (SquaredError(), *NUMBERS),
    (Huber(), *NUMBERS),
    (Quantile(q=0.8), *NUMBERS),
    (CRF(), (2, 5, 5), TOKENS[1]),
    (SupervisedContrastive(), (3,), torch.tensor([0, MISSING, 1, 0])),
    (Distillation(), (5,), torch.tensor([[1.0, 0, 2, -1, 0], [NAN] * 5, [0.0] * 5, [3.0] * 5])),
]
ROWWISE = [case for case in CASES if not isinstance(case[0], SupervisedContrastive)]
REFUSED = [
    "CrossEntropy(smoothing=1.0)",
    "JointSoftmax(smoothing=1.0)",
    "Focal(gamma=-1)",
    "Asymmetric(negative=-1)",
    "Asymmetric(margin=1.0)",
    "Huber(delta=0)",
    "Quantile(q=1.0)",
]


def logits_of(inner: tuple[int, ...], scale: float = 1.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return scale * torch.randn(4, *inner, generator=generator)


def test_every_loss_of_the_catalogue_has_a_case() -> None:
    assert set(LOSSES) <= {type(loss).__name__ for loss, _, _ in CASES}


@pytest.mark.parametrize(("loss", "inner", "target"), CASES)
@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_unlabelled_rows_cost_nothing_and_give_no_gradient(
    loss: Loss, inner: tuple[int, ...], target: torch.Tensor, scale: float
) -> None:
    logits = logits_of(inner, scale).requires_grad_()
    each = loss(logits, target)
    assert each.shape == (4,)
    assert each[1].item() == 0
    assert each.isfinite().all()
    assert each.min() > -1e-6
    assert each.sum() > 0
    each.sum().backward()
    assert logits.grad is not None
    assert logits.grad[1].abs().sum() == 0
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize(("loss", "inner", "target"), CASES)
def test_gradient_agrees_with_finite_differences(
    loss: Loss, inner: tuple[int, ...], target: torch.Tensor
) -> None:
    target = target.double() if target.is_floating_point() else target
    logits = logits_of(inner).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: loss(x, target).sum(), logits)


@pytest.mark.parametrize(("loss", "inner", "target"), ROWWISE)
def test_a_row_costs_the_same_in_any_batch(
    loss: Loss, inner: tuple[int, ...], target: torch.Tensor
) -> None:
    logits = logits_of(inner)
    alone = torch.cat([loss(logits[i : i + 1], target[i : i + 1]) for i in range(4)])
    assert torch.allclose(alone, loss(logits, target), rtol=1e-5)


@pytest.mark.parametrize("name", list(LOSSES))
def test_it_is_for_kinds_of_tasks_and_known_heads(name: str) -> None:
    loss = LOSSES.build(parse(name))
    assert loss.kinds <= set(BY_KIND)
    assert not loss.head or loss.head in HEADS
    assert repr(LOSSES.build(parse(repr(loss)))) == repr(loss)


@pytest.mark.parametrize("written", REFUSED)
def test_a_value_out_of_range_is_refused(written: str) -> None:
    with pytest.raises(ConfigError, match=r"`.*` is .*; found"):
        LOSSES.build(parse(written))
