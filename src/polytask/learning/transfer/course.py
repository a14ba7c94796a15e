"""What a transfer does while training runs; by default nothing."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.optim.swa_utils import get_swa_multi_avg_fn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from torch import Tensor

    from polytask.learning.encoders.encoder import Encoder


class Course(nn.Module):
    """Follows a training run; buffers are all it remembers, so that training can be resumed."""

    def begin(self, epoch: int) -> None:
        """Before epoch number `epoch` (from 0), the encoder in training mode."""

    def priced(self, total: Tensor) -> Tensor:
        """The number to minimise: `total`, that of the tasks, with what the method adds to it."""
        return total

    def update(self, step: int) -> None:
        """After step number `step` (from 0) of the optimiser, its gradients still there."""

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Within: the numbers are those that the part would answer with, were training over."""
        yield

    def finish(self) -> None:
        """After training, the best state in place: leave the encoder as it is to answer."""


class Opening(Course):
    """Trains the upper layers of an encoder alone, more of them with the epochs.

    Args:
        encoder: Where no layer is trained it stays in prediction mode: what is fixed is fixed.
        strata: The trained numbers of each layer, from bottom to top.
        opened: By epoch (from 0) how many upper layers are trained; heads always are.
    """

    def __init__(
        self, encoder: Encoder, strata: Sequence[Sequence[Tensor]], opened: Callable[[int], int]
    ) -> None:
        super().__init__()
        self.given: Any = (encoder, strata)  # in a tuple: they are no part of this module
        self.opened = opened

    def begin(self, epoch: int) -> None:
        """Open the layers of this epoch and close those below."""
        encoder, strata = self.given
        opened = min(len(strata), self.opened(epoch))
        self._open(len(strata) - opened)
        if opened == 0:
            encoder.eval()

    def finish(self) -> None:
        """All layers count as trained: what is saved depends on it."""
        self._open(0)

    def _open(self, first: int) -> None:
        for height, stratum in enumerate(self.given[1]):
            for number in stratum:
                number.requires_grad_(height >= first)


class Mean(Course):
    """The running mean of numbers over the steps from `first` on.

    Args:
        numbers: What is trained.
        first: The step (from 0) after which the first summand is taken.
    """

    count: Tensor

    def __init__(self, numbers: Sequence[Tensor], first: int) -> None:
        super().__init__()
        self.numbers = [number.detach() for number in numbers]  # share the memory
        self.first = first
        self.register_buffer("count", torch.zeros((), dtype=torch.long))
        for place, number in enumerate(self.numbers):
            self.register_buffer(f"mean{place}", number.clone())
        self.take: Any = get_swa_multi_avg_fn()  # type: ignore[no-untyped-call]

    @property
    def means(self) -> list[Tensor]:
        """The mean of each tensor."""
        return [self.get_buffer(f"mean{place}") for place in range(len(self.numbers))]

    def update(self, step: int) -> None:
        """Take the numbers as they are into the mean."""
        if step < self.first:
            return
        if self.count == 0:
            torch._foreach_copy_(self.means, self.numbers)
        else:
            self.take(self.means, self.numbers, int(self.count))
        self.count += 1

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Within: the mean in the place of the numbers."""
        before = [number.clone() for number in self.numbers]
        self.finish()
        try:
            yield
        finally:
            torch._foreach_copy_(self.numbers, before)

    def finish(self) -> None:
        """Put the mean in place, if there is one yet."""
        if self.count > 0:
            torch._foreach_copy_(self.numbers, self.means)
