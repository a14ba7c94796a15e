"""The base of losses: one question, `forward`: logits and targets to a loss a row."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from torch import nn

if TYPE_CHECKING:
    from torch import Tensor

MISSING = -100
"""The class number of a row or token without a label."""
CLASSES = frozenset({"binary", "multiclass", "ordinal", "tagging"})
"""The kinds of tasks whose logits are one a class."""


class Loss(nn.Module, ABC):
    """A loss a row, normalised so that a constant answer costs about 1.

    Rows without a label (`MISSING` or NaN) cost 0 and give no gradient. Means over labelled rows,
    and the sampling weights of tasks, are the business of training.

    Attributes:
        kinds: The kinds of tasks that a recipe may choose it for.
        head: The head it needs there; "" for the usual one.
        joint: Whether its logits go on with those of the other tasks that have it, for rows of a
            table that these do not stand on.
    """

    cost: ClassVar[str] = "nothing beside the encoder"
    kinds: ClassVar[frozenset[str]] = frozenset()
    head: ClassVar[str] = ""
    joint: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Begin the module; called by the dataclasses that losses with arguments are."""
        super().__init__()

    @abstractmethod
    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Loss a row, `(n,)`, of logits `(n, …)` and targets that begin with the same n."""


def by_row(each: Tensor, labelled: Tensor) -> Tensor:
    """The mean over the labelled tokens of each row `(n, t)`; `(n,)` stays as it is.

    >>> import torch
    >>> by_row(torch.tensor([[1.0, 3.0], [5.0, 0.0]]), torch.tensor([[1, 1], [1, 0]])).tolist()
    [2.0, 5.0]
    """
    if each.dim() == 1:
        return each
    return each.sum(1) / labelled.sum(1).clamp_min(1)
