"""R-Drop: two passes with different dropout are to agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from polytask._errors import ConfigError
from polytask.learning.regularising.regulariser import Regulariser, number

if TYPE_CHECKING:
    from polytask.learning.looking import Answers, Look
    from polytask.learning.settings import Settings


@dataclass(frozen=True)
class RDrop(Regulariser):
    r"""Two passes with different dropout, and what they disagree in as a loss.

    $\ell = \frac{1}{2}(\ell_1 + \ell_2) + \frac{\alpha}{2} \cdot \frac{1}{2}(D(p_1 \Vert p_2) +
    D(p_2 \Vert p_1))$: half of what the paper minimises, so that losses keep their unit. A step
    costs about two plain ones. (Liang et al., R-Drop: Regularized Dropout for Neural Networks,
    2021, arXiv 2106.14448.)

    Args:
        alpha: What disagreement costs; the paper takes 1 to 5.

    Raises:
        ConfigError: `alpha` not above 0.

    >>> RDrop(alpha=2.0)
    RDrop(alpha=2.0)
    """

    cost: ClassVar[str] = "a step as two"

    alpha: float = 1.0

    def __post_init__(self) -> None:
        number("alpha", self.alpha)

    def check(self, settings: Settings) -> None:
        """Refuse a training without dropout.

        Raises:
            ConfigError: `dropout` 0.
        """
        if settings.dropout == 0:
            raise ConfigError(
                "`regulariser` RDrop holds two passes with different dropout against each other, "
                "and with `dropout` 0 they are the same; raise `dropout` or leave RDrop out"
            )

    def answers(self, look: Look) -> Answers:
        """The mean losses of two passes and their disagreement."""
        from polytask.learning.looking import averaged
        from polytask.learning.regularising.divergence import symmetric

        one, two = look(), look()
        both = averaged([one, two])
        losses = {
            task: rows
            + self.alpha / 2 * symmetric(one.logits[task], two.logits[task], one.targets[task])
            for task, rows in both.losses.items()
        }
        return both.but(losses)
