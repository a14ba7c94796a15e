"""Mixup of features: heads learn from points between two rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from polytask._errors import ConfigError
from polytask.learning.regularising.regulariser import Regulariser, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from polytask.learning.encoders.encoder import Features
    from polytask.learning.looking import Answers, Look
    from polytask.tasks.task import Task


@dataclass(frozen=True)
class Mixup(Regulariser):
    r"""The vectors of two rows mixed, and their losses in the same shares.

    $\lambda \ell(h(m), y_i) + (1 - \lambda) \ell(h(m), y_j)$ with $m = \lambda x_i + (1 - \lambda)
    x_j$, one $\lambda \sim \mathrm{Beta}(\alpha, \alpha)$ a batch, and another row $j$ of the same
    table for each $i$. What is mixed is what the encoder gave, as words cannot be; tags of tokens
    learn from their tokens as they are. It costs nothing. (Zhang et al., mixup: Beyond Empirical
    Risk Minimization, 2018, arXiv 1710.09412; of hidden layers: Verma et al., Manifold Mixup,
    2019, arXiv 1806.05236.)

    Args:
        alpha: How even the shares are: near 0 rows stay alone, at 1 any share is as likely.

    Raises:
        ConfigError: `alpha` not above 0.

    >>> Mixup()
    Mixup(alpha=0.4)
    """

    cost: ClassVar[str] = "nothing"
    mixes: ClassVar[bool] = True

    alpha: float = 0.4

    def __post_init__(self) -> None:
        number("alpha", self.alpha)

    def suits(self, tasks: Sequence[Task]) -> None:
        """Refuse tasks of which none has a vector a row.

        Raises:
            ConfigError: All of them tag tokens.
        """
        if all(task.kind == "tagging" for task in tasks):
            found = ", ".join(f"{task.name} ({task.kind})" for task in tasks)
            raise ConfigError(
                f"`regulariser` Mixup mixes rows, and the tokens of two rows do not match; found "
                f"only {found}. Take another, as RDrop()"
            )

    def answers(self, look: Look) -> Answers:
        """One pass with mixed vectors."""
        import torch

        share = float(torch.distributions.Beta(self.alpha, self.alpha).sample())
        shift = int(torch.randint(1 << 30, ()))
        return mixed(look, share, shift)


def mixed(look: Look, share: float, shift: int) -> Answers:
    """One pass in which each row has the part `share` and its partner, `shift` rows on, the rest.

    Args:
        look: The batch.
        share: From 0 to 1.
        shift: At least 0; the rows of a table stand in a ring, and no row is its own partner
            where there is another.
    """

    def partners(rows: Tensor) -> Tensor:
        return rows.roll(1 + shift % max(1, len(rows) - 1), 0)

    def between(features: Features) -> Features:
        vector = share * features.vector + (1 - share) * partners(features.vector)
        return replace(features, vector=vector)

    found = look(between=between)
    losses = {}
    for task, own in found.losses.items():
        logits, target = found.logits[task], found.targets[task]
        rowwise = not look.tokenwise(task)
        other = look.loss(task, logits, partners(target)) if rowwise else own
        losses[task] = share * own + (1 - share) * other
    return found.but(losses)
