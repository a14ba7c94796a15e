"""CAGrad: near the mean gradient the one that helps the worst task most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from polytask._errors import ConfigError
from polytask.learning.balancing.balancer import Balancer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from polytask.learning.balancing.comparing import Rule
    from polytask.learning.balancing.weightings import Weighting


@dataclass(frozen=True)
class CAGrad(Balancer):
    r"""The gradient in a ball about the mean that lowers the worst task's loss most.

    $g_0 + c \lVert g_0 \rVert g_w / \lVert g_w \rVert$ with the mean gradient $g_0$ and $g_w$ the
    convex combination that minimises $g_w \cdot g_0 + c \lVert g_0 \rVert \lVert g_w \rVert$.
    (Liu et al., Conflict-Averse Gradient Descent for Multi-task Learning, 2021, arXiv 2110.14048.)
    Solved with scipy as in the authors' code; torchjd's way needs cvxpy.

    ```diff
    + balance = CAGrad().start(["intent", "slots"])
    - loss = intent_loss + slot_loss
    + loss = balance({"intent": intent_loss, "slots": slot_loss}, shared=features)
    ```

    Args:
        c: Radius of the ball, as a share of the length of the mean gradient; 0 is the mean.
        per_parameter: Look at the parameters rather than the features.

    Raises:
        ConfigError: `c` below 0.
    """

    cost: ClassVar[str] = (
        "a gradient a task at the features, and a small solver; `per_parameter`: a backward "
        "pass a task"
    )
    compares: ClassVar[bool] = True

    c: float = 0.5
    per_parameter: bool = False

    def __post_init__(self) -> None:
        if not self.c >= 0:
            raise ConfigError(f"`c` is at least 0; found {self.c!r}")

    def start(self, tasks: Sequence[str]) -> Weighting:
        """Weights without state."""
        from polytask.learning.balancing.comparing import Aggregated

        del tasks
        return Aggregated(self._rule, per_parameter=self.per_parameter)

    def _rule(self, count: int) -> Rule:
        del count
        return lambda jacobian: averse(jacobian, self.c)


def averse(jacobian: Tensor, c: float) -> Tensor:
    """Weights `(m,)` of CAGrad for the rows of `jacobian` `(m, n)`.

    >>> import torch
    >>> averse(torch.tensor([[1.0, 0.0], [0.0, 1.0]]), 0.0).tolist()
    [0.5, 0.5]
    """
    import numpy as np
    import torch
    from scipy.optimize import minimize

    rows = jacobian.detach().cpu().double().numpy()
    gramian = rows @ rows.T
    gramian = gramian / max(np.trace(gramian), np.finfo(float).tiny)
    even = np.full(len(rows), 1 / len(rows))
    pulls = gramian @ even  # of each gradient on the mean
    radius = c * np.sqrt(max(even @ pulls, 0.0))  # opposite gradients: 0 but for rounding

    def objective(w: np.ndarray) -> tuple[float, np.ndarray]:
        length = np.sqrt(max(w @ gramian @ w, 1e-12))
        return float(w @ pulls + radius * length), pulls + radius * (gramian @ w) / length

    simplex = {"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like}
    best = minimize(
        objective, even, jac=True, bounds=[(0, 1)] * len(rows), constraints=simplex, tol=1e-9
    ).x
    length = np.sqrt(max(best @ gramian @ best, 1e-12))
    return torch.as_tensor(even + radius / length * best).to(jacobian)
