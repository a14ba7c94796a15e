"""The likelihood of a chain of tags, each of which depends on the one before."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch

from polytask.learning.losses.loss import MISSING, Loss

if TYPE_CHECKING:
    from torch import Tensor

NEVER = -1e4
"""The logarithm of a probability of 0; with minus infinity gradients would be NaN."""


@dataclass(eq=False)
class CRF(Loss):
    r"""The negative log-likelihood of the tags of a row under a linear-chain random field.

    $\ell = \log \sum_{y'} e^{s(y')} - \log \sum_{y} e^{s(y)}$ with $s(y) = \sum_t \psi_t(y_{t-1},
    y_t)$, over all tags $y'$ and over those $y$ that agree with the labels (one, where all tokens
    have one); divided by the number of labelled tokens times log C. (Lafferty, McCallum & Pereira,
    Conditional Random Fields, 2001.)

    >>> CRF()(torch.zeros(1, 3, 2, 2), torch.tensor([[0, 1, MISSING]])).tolist()
    [1.0]
    """

    cost: ClassVar[str] = "a step of C × C for each token, one token after the other"
    kinds: ClassVar[frozenset[str]] = frozenset({"tagging"})
    head: ClassVar[str] = "LinearChain"

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Loss a row.

        Args:
            logits: Potentials `(n, t, C, C)`: of the tag before and the tag of each token; of the
                first token those with tag 0 before.
            target: Tag numbers `(n, t)`; `MISSING` where there is no label.
        """
        labelled, classes = target != MISSING, logits.shape[-1]
        agrees = torch.arange(classes, device=target.device) == target[..., None]
        right = logits.masked_fill(~(agrees | ~labelled[..., None])[:, :, None, :], NEVER)
        each = forward_sums(logits)[:, -1].logsumexp(-1) - forward_sums(right)[:, -1].logsumexp(-1)
        count = labelled.sum(1)
        each = each / count.clamp_min(1) / math.log(max(2, classes))
        return torch.where(count > 0, each, 0.0)


def forward_sums(potentials: Tensor) -> Tensor:
    """Log sums over all tags before each token, by its tag: `(n, t, C)` of `(n, t, C, C)`."""
    found = [potentials[:, 0, 0]]
    for step in potentials[:, 1:].unbind(1):
        found.append((found[-1][:, :, None] + step).logsumexp(1))
    return torch.stack(found, dim=1)


def marginals(potentials: Tensor) -> Tensor:
    """Log probabilities of the tags of each token, `(n, t, C)` of potentials `(n, t, C, C)`."""
    before = forward_sums(potentials)
    after = [torch.zeros_like(before[:, 0])]
    for step in potentials[:, 1:].flip(1).unbind(1):
        after.append((step + after[-1][:, None, :]).logsumexp(2))
    return (before + torch.stack(after[::-1], dim=1)).log_softmax(-1)
