"""VAT: answers are to stay where words move in the direction that changes them most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from polytask.learning.regularising.adversarial import Adversarial

if TYPE_CHECKING:
    from torch import Tensor

    from polytask.learning.looking import Answers, Look


@dataclass(frozen=True)
class VAT(Adversarial):
    r"""The loss, and how much the answer changes at words moved the worst way.

    $\ell + \alpha D(p(x) \Vert p(x + r))$: $r$ has the length $\epsilon \lVert x \rVert$ and the
    direction of the gradient of $D$ at a small random move; labels take no part in it. All passes
    of a step have the same dropout, so that nothing else changes the answer; $p(x)$ is held fixed.
    Here rows without a label take no part either. A step costs about 2.6 plain ones. (Virtual
    adversarial training; Miyato et al., 2018, arXiv 1704.03976; of text: arXiv 1605.07725.)

    Args:
        epsilon: How far a row is moved, as a share of the length of all its embedded words.
        alpha: What the change costs.
        start: Length of the small random move, as a share of the radius.

    Raises:
        ConfigError: A value out of range.

    >>> VAT()
    VAT(epsilon=0.02, alpha=1.0, start=0.1)
    """

    cost: ClassVar[str] = "a step as two and a half"

    epsilon: float = 0.02
    alpha: float = 1.0
    start: float = 0.1

    def answers(self, look: Look) -> Answers:
        """The losses at the words, and how far the answers move."""
        from polytask.learning.regularising.adversarial import Ball

        ball = Ball(look, self.epsilon)
        start = ball.random(self.start)
        with look.same_chance():
            plain = ball.ask(ball.centre())

        def height(moved: Answers) -> Tensor:
            return moved.but(_changes(plain, moved)).total()

        with look.same_chance():
            _, moves = ball.climb(start, height, afresh=True)
        moved = ball.ask(moves)
        changes = _changes(plain, moved)
        losses = {task: own + self.alpha * changes[task] for task, own in plain.losses.items()}
        return plain.but(losses, [moved])


def _changes(plain: Answers, moved: Answers) -> dict[str, Tensor]:
    """By task how far each row's answer moved, `(n,)`."""
    from polytask.learning.regularising.divergence import divergence

    return {
        task: divergence(logits.detach(), moved.logits[task], plain.targets[task])
        for task, logits in plain.logits.items()
    }
