"""IMTL-L: scales that bring every loss to the same size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from polytask.learning.balancing.balancer import Balancer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.balancing.weightings import Weighting


@dataclass(frozen=True)
class IMTLL(Balancer):
    r"""Losses scaled to 1 each by learned scales.

    $\sum_t e^{s_t} \ell_t - s_t$ with one learned $s_t$ a task, least at $e^{s_t} = 1 / \ell_t$.
    The same module as `Uncertainty` at twice the price, and unlike torchjd's it takes batches that
    lack a task. (Liu et al., Towards Impartial Multi-Task Learning, 2021.)

    ```diff
    + balance = IMTLL().start(["intent", "slots"])
    + optimiser.add_param_group({"params": list(balance.parameters())})
    - loss = intent_loss + slot_loss
    + loss = balance({"intent": intent_loss, "slots": slot_loss})
    ```

    >>> import torch
    >>> IMTLL().start(["a", "b"])({"a": torch.tensor(1.0), "b": torch.tensor(2.0)}).item()
    3.0
    """

    cost: ClassVar[str] = "a number a task"

    def start(self, tasks: Sequence[str]) -> Weighting:
        """Scales with one parameter a task."""
        from polytask.learning.balancing.weightings import LogVariances

        return LogVariances(tasks, 0.0, price=1.0)
