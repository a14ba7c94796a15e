"""FGM: training on words moved one step along the gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from polytask.learning.regularising.adversarial import Adversarial

if TYPE_CHECKING:
    from polytask.learning.looking import Answers, Look


@dataclass(frozen=True)
class FGM(Adversarial):
    r"""The loss as it is, and at words moved along its gradient: the mean of both.

    A row moves by $r \cdot g / \lVert g \rVert$ with the gradient $g$ of its losses at its embedded
    words and $r = \epsilon \lVert x \rVert$. A step costs about 2.1 plain ones. (Fast gradient
    method; Miyato, Dai & Goodfellow, Adversarial Training Methods for Semi-Supervised Text
    Classification, 2017, arXiv 1605.07725, who bring words to one length instead.)

    Args:
        epsilon: How far a row is moved, as a share of the length of all its embedded words.

    Raises:
        ConfigError: `epsilon` not above 0.

    >>> FGM()
    FGM(epsilon=0.02)
    """

    cost: ClassVar[str] = "a step as two"

    epsilon: float = 0.02

    def answers(self, look: Look) -> Answers:
        """The mean losses at the words and at the moved words."""
        from polytask.learning.looking import Answers, averaged
        from polytask.learning.regularising.adversarial import Ball

        ball = Ball(look, self.epsilon)
        plain, moves = ball.climb(ball.centre(), Answers.total)
        return averaged([plain, ball.ask(moves)])
