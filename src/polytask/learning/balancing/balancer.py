"""The base of balancers: one question, `start`; what it starts turns losses into one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from torch import Tensor, nn


class Weighting(Protocol):
    """A started balancer: a `torch.nn.Module` whose parameters and buffers are its whole state."""

    def __call__(self, losses: Mapping[str, Tensor], shared: Tensor | None = None) -> Tensor:
        """One number to minimise.

        Args:
            losses: By task the loss of this batch; a batch may lack some tasks.
            shared: The features that the losses were computed from, `(n, d)`, for methods that
                look at the gradients of each loss there.
        """
        ...

    def parameters(self) -> Iterator[nn.Parameter]:
        """What is learned together with the model."""
        ...


class Balancer(ABC):
    """Decides how the losses of several tasks count.

    Subclasses are frozen dataclasses: their fields are the configuration. In a plain PyTorch loop:

    ```diff
    + balance = Equal().start(["intent", "slots"])
    - loss = intent_loss + slot_loss
    + loss = balance({"intent": intent_loss, "slots": slot_loss}, shared=features)
      loss.backward()
    ```
    """

    @abstractmethod
    def start(self, tasks: Sequence[str]) -> nn.Module:
        """A fresh `Weighting` for `tasks`."""
