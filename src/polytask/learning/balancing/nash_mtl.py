"""Nash-MTL: tasks as players who bargain for the direction of the step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from polytask.learning.balancing.balancer import Balancer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from polytask.learning.balancing.comparing import Rule
    from polytask.learning.balancing.weightings import Weighting

_STEADY = 1e-6
"""Put on the diagonal of the cosines: opposite gradients would else bargain without end."""
_NONE = 1e-12
"""The length of a gradient that is 0: it is multiplied by a finite weight, and stays 0."""


@dataclass(frozen=True)
class NashMTL(Balancer):
    r"""The bargain of Nash over the gradients: weights with $J J^\top w = 1 / w$.

    It maximises the product of what each task gains, and does not see the scales of the losses.
    (Navon et al., Multi-Task Learning as a Bargaining Game, 2022, arXiv 2202.01017.) Solved here
    by Newton's method on $w^\top J J^\top w / 2 - \sum_t \log w_t$, whose gradient is 0 there:
    torchjd's way is a sequence of approximations that needs cvxpy and remembers the last batch.

    ```diff
    + balance = NashMTL().start(["intent", "slots"])
    - loss = intent_loss + slot_loss
    + loss = balance({"intent": intent_loss, "slots": slot_loss}, shared=features)
    ```

    Args:
        per_parameter: Look at the parameters rather than the features.
    """

    cost: ClassVar[str] = (
        "a gradient a task at the features, and a small solver; `per_parameter`: a backward "
        "pass a task"
    )
    compares: ClassVar[bool] = True

    per_parameter: bool = False

    def start(self, tasks: Sequence[str]) -> Weighting:
        """Weights without state."""
        from polytask.learning.balancing.comparing import Aggregated

        del tasks
        return Aggregated(_rule, per_parameter=self.per_parameter)


def _rule(count: int) -> Rule:
    del count
    return bargain


def bargain(jacobian: Tensor) -> Tensor:
    r"""Weights `(m,)` that solve the bargain over the rows of `jacobian` `(m, n)`.

    >>> import torch
    >>> bargain(torch.tensor([[2.0, 0.0], [0.0, 4.0]])).round(decimals=3).tolist()
    [0.5, 0.25]
    """
    import torch

    rows = jacobian.detach().cpu().double()
    norms: Tensor = rows.norm(dim=1).clamp_min(_NONE)
    units = rows / norms[:, None]
    cosines = units @ units.T + _STEADY * torch.eye(len(rows), dtype=torch.double)
    found = torch.ones(len(rows), dtype=torch.double)
    for _ in range(100):
        slope = cosines @ found - 1 / found
        step = torch.linalg.solve(cosines + torch.diag(found**-2), slope)
        size = (slope @ step).clamp(min=0).sqrt().item()
        found = found - step / (1 + size if size > 0.25 else 1)  # damped it stays above 0
        if size < 1e-9:
            break
    return (found / norms).to(jacobian)
