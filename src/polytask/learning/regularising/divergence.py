"""How far two answers of a head are from each other, a row, in the unit of the losses."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from polytask.learning.losses.crf import marginals
from polytask.learning.losses.loss import MISSING, by_row

if TYPE_CHECKING:
    from torch import Tensor


def divergence(one: Tensor, two: Tensor, target: Tensor) -> Tensor:
    r"""The Kullback-Leibler divergence of answer `two` from answer `one`, `(n,)`.

    Classes: $\sum_c p_c \log (p_c / q_c) / \log C$; tags: its mean over the labelled tokens (of a
    chain: of the probabilities of each tag). Several labels: the mean over labels of that of their
    two outcomes, over $\log 2$. Numbers: the squared difference, as of two normal distributions
    of the deviation $1 / \sqrt 2$. Rows without a label give 0. (Kullback & Leibler, On
    Information and Sufficiency, 1951.)

    Args:
        one: Logits of a head.
        two: Logits of the same head, in the same shape.
        target: What training wants there: it tells the kind of answer, and which rows count.

    >>> zero, far = torch.zeros(1, 2), torch.tensor([[9.0, -9.0]])
    >>> divergence(zero, zero, torch.tensor([1])).item()
    0.0
    >>> divergence(zero, far, torch.tensor([1])).item() > 1
    True
    """
    if not target.is_floating_point():
        return _classes(one, two, target != MISSING)
    known = ~target.isnan()
    if target.dim() == 1:
        return (one - two).square() * known
    return _labels(one, two).mean(1) / math.log(2) * known.all(1)


def symmetric(one: Tensor, two: Tensor, target: Tensor) -> Tensor:
    """The mean of the divergences either way, `(n,)`."""
    return (divergence(one, two, target) + divergence(two, one, target)) / 2


def _classes(one: Tensor, two: Tensor, known: Tensor) -> Tensor:
    chain = one.dim() == 4  # potentials, not yet probabilities
    p = marginals(one) if chain else one.float().log_softmax(-1)
    q = marginals(two) if chain else two.float().log_softmax(-1)
    each = (p.exp() * (p - q)).sum(-1) / math.log(max(2, p.shape[-1]))
    return by_row(torch.where(known, each, 0.0), known)


def _labels(one: Tensor, two: Tensor) -> Tensor:
    """The divergence for each label, `(n, labels)`."""
    one, two = one.float(), two.float()
    yes = functional.logsigmoid(one) - functional.logsigmoid(two)
    no = functional.logsigmoid(-one) - functional.logsigmoid(-two)
    return one.sigmoid() * yes + (-one).sigmoid() * no
