"""What a gradient step for one task takes off the loss of another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from polytask.learning.proposing.proposer import Gain, Pairwise

if TYPE_CHECKING:
    from polytask.learning.proposing.known import Known


@dataclass(frozen=True)
class StepAffinity(Pairwise):
    """The share of a task's loss that a gradient step for the other takes, over a joint training.

    It is looked at while all tasks are trained together. (Fifty et al., Efficiently Identifying
    Task Groupings for Multi-Task Learning, 2021, arXiv 2109.04617; see
    `moved.Gradients.affinities`.)

    >>> from polytask.learning.proposing.known import Known
    >>> StepAffinity().pair("b", "a", Known({}, affinity={"a": {"b": 2e-4}}))
    Gain(score=0.0002, reason='a gradient step for a takes +0.02 % off the loss of b')
    """

    cost: ClassVar[str] = "nothing beside a joint training that is made anyway"

    def pair(self, task: str, other: str, known: Known) -> Gain | None:
        """The affinity of the other onto the task."""
        share = known.affinity.get(other, {}).get(task)
        if share is None:
            return None
        told = f"a gradient step for {other} takes {100 * share:+.2g} % off the loss of {task}"
        return Gain(share, told)
