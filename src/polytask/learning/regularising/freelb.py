"""FreeLB: training on all points of the way up from a random start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from polytask.learning.regularising.adversarial import Adversarial

if TYPE_CHECKING:
    from polytask.learning.looking import Answers, Look


@dataclass(frozen=True)
class FreeLB(Adversarial):
    r"""The mean loss over the points of a way up the slope from a random start.

    $\frac{1}{K} \sum_k \ell(x + \delta_k)$: $\delta_0$ stands in a random direction at half the
    radius, $\delta_{k+1}$ is a step of length $s \epsilon \lVert x \rVert$ along the gradient from
    $\delta_k$, cut back to the radius $\epsilon \lVert x \rVert$. No pass is spent on finding the
    worst point alone. A step of training costs about $1.1 K$ plain ones. (Zhu et al., FreeLB:
    Enhanced Adversarial Training for Natural Language Understanding, 2020, arXiv 1909.11764.)

    Args:
        epsilon: How far a row is moved at most, as a share of the length of its embedded words.
        steps: $K$.
        step: $s$, the length of a step as a share of the radius.

    Raises:
        ConfigError: A value out of range.

    >>> FreeLB()
    FreeLB(epsilon=0.02, steps=2, step=0.5)
    """

    cost: ClassVar[str] = "a step as 1.1 `steps`"

    epsilon: float = 0.02
    steps: int = 2
    step: float = 0.5

    def answers(self, look: Look) -> Answers:
        """The mean losses of all passes."""
        from polytask.learning.looking import Answers, averaged
        from polytask.learning.regularising.adversarial import Ball

        ball = Ball(look, self.epsilon)
        moves, every = ball.random(0.5), []
        for _ in range(self.steps - 1):
            found, moves = ball.climb(moves, Answers.total, self.step)
            every.append(found)
        return averaged([*every, ball.ask(moves)])
