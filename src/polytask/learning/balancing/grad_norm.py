"""GradNorm: weights that let every task learn at the same pace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from polytask._errors import ConfigError
from polytask.learning.balancing.balancer import Balancer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.balancing.weightings import Weighting


@dataclass(frozen=True)
class GradNorm(Balancer):
    r"""Weights that bring the gradient norms together, more for tasks that learn slowly.

    $\sum_t w_t \ell_t$, where each step moves $w_t$ down the slope of $\sum_t \lvert w_t \lVert g_t
    \rVert - \bar G r_t^\alpha \rvert$: $\bar G$ is the mean of $w_t \lVert g_t \rVert$, $r_t$ the
    share of its first loss that a task still has, over the mean share. The weights sum to the
    number of tasks. (Chen et al., GradNorm: Gradient Normalization for Adaptive Loss Balancing,
    2018, arXiv 1711.02257; the slope is divided by the mean norm, so that the rate knows no unit.)

    ```diff
    + balance = GradNorm().start(["intent", "slots"])
    - loss = intent_loss + slot_loss
    + loss = balance({"intent": intent_loss, "slots": slot_loss}, shared=features)
    ```

    Args:
        alpha: How strongly slow tasks are helped; 0 brings all norms to one size.
        learning_rate: Step of the weights.
        per_parameter: Look at the parameters rather than the features.

    Raises:
        ConfigError: A value out of range.
    """

    cost: ClassVar[str] = (
        "a gradient a task at the features; `per_parameter`: a backward pass a task"
    )
    compares: ClassVar[bool] = True

    alpha: float = 1.5
    learning_rate: float = 0.025
    per_parameter: bool = False

    def __post_init__(self) -> None:
        if not self.alpha >= 0:
            raise ConfigError(f"`alpha` is at least 0; found {self.alpha!r}")
        if not 0 < self.learning_rate < 1:
            raise ConfigError(
                f"`learning_rate` is above 0 and below 1; found {self.learning_rate!r}"
            )

    def start(self, tasks: Sequence[str]) -> Weighting:
        """Weights of 1, and no first losses yet."""
        from polytask.learning.balancing.comparing import Paced

        return Paced(tasks, self)
