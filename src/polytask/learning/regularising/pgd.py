"""PGD: training on words moved by several steps along the gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from polytask.learning.regularising.adversarial import Adversarial

if TYPE_CHECKING:
    from polytask.learning.looking import Answers, Look


@dataclass(frozen=True)
class PGD(Adversarial):
    r"""The loss as it is, and at words moved by several projected steps up: the mean of both.

    From the words themselves $K$ steps of length $s \epsilon \lVert x \rVert$ along the gradient,
    each followed by a cut back to the ball of radius $\epsilon \lVert x \rVert$. A step of training
    costs about $1.4 + 0.75 K$ plain ones. (Projected gradient descent; Madry et al., Towards Deep
    Learning Models Resistant to Adversarial Attacks, 2018, arXiv 1706.06083.)

    Args:
        epsilon: How far a row is moved at most, as a share of the length of its embedded words.
        steps: $K$; one step of length 1 is FGM.
        step: $s$, the length of a step as a share of the radius.

    Raises:
        ConfigError: A value out of range.

    >>> PGD(steps=2)
    PGD(epsilon=0.02, steps=2, step=0.5)
    """

    cost: ClassVar[str] = "a step as 1.4 + 0.75 `steps`"

    epsilon: float = 0.02
    steps: int = 3
    step: float = 0.5

    def answers(self, look: Look) -> Answers:
        """The mean losses at the words and where the last step led."""
        from polytask.learning.looking import Answers, averaged
        from polytask.learning.regularising.adversarial import Ball

        ball = Ball(look, self.epsilon)
        plain, moves = ball.climb(ball.centre(), Answers.total, self.step)
        for _ in range(self.steps - 1):
            _, moves = ball.climb(moves, Answers.total, self.step)
        return averaged([plain, ball.ask(moves)])
