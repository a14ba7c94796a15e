"""The loss that a user's code computes in isolation; a task file names its file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from polytask.learning.losses.loss import MISSING, Loss
from polytask.tasks.custom_loss import KINDS, CustomLoss

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(eq=False)
class Custom(Loss):
    """What a file of Python says, `steps: {loss: loss.py}` in `tasks.yaml`; see `CustomLoss`.

    Args:
        code: The text of the file.
        labels: The labels in the order of the logits; empty for a regression.
        task: The task, for messages.
    """

    cost: ClassVar[str] = "a call of isolated Python a batch, some 0.02 s"
    kinds: ClassVar[frozenset[str]] = KINDS

    code: str
    labels: tuple[str, ...] = ()
    task: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.asked = CustomLoss(self.code, self.labels, self.task)

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Loss a row.

        Args:
            logits: `(n, C)`, or `(n,)` for a regression.
            target: Class numbers `(n,)`, `MISSING` where there is no label; for a regression
                numbers, NaN where there is none.

        Raises:
            CodeError: The code fails, or returns something else.
        """
        labelled = target != MISSING if self.labels else ~target.isnan()
        index = labelled.nonzero().squeeze(1)
        known: list[Any] = target[index].tolist()
        if not known:
            return (logits * 0.0).reshape(len(logits), -1).sum(1)
        truth = [self.labels[number] for number in known] if self.labels else known
        given = logits[index]
        losses, gradients = self.asked(given.detach().double().cpu().numpy(), truth)
        each = _sloped(torch.from_numpy(losses).to(logits), torch.from_numpy(gradients), given)
        return logits.new_zeros(len(logits)).index_add(0, index, each)


def _sloped(values: Tensor, gradients: Tensor, given: Tensor) -> Tensor:
    r"""Numbers that torch takes for a function of `given` with these gradients, to first order.

    $v + g \cdot (x - \bar x)$, where $\bar x$ is $x$ as a constant: the value is $v$, the
    derivative $g$, and there is no second one.
    """
    step = gradients.to(given) * (given - given.detach())
    return values + step.reshape(len(values), -1).sum(1)
