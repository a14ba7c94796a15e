"""What learning two tasks takes off a loss beyond the task alone, from projected gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from polytask.learning.proposing.proposer import Gain, Pairwise

if TYPE_CHECKING:
    from polytask.learning.proposing.known import Known


@dataclass(frozen=True)
class ProjectedGradients(Pairwise):
    """The change of a task's loss by a linearised step for both tasks, less that by one alone.

    Gradients of batches at the end of a joint training, projected at random onto few directions,
    and a step of second order over each pair. (Li et al., Scalable Multitask Learning Using
    Gradient-based Estimation of Task Affinity, 2024, arXiv 2409.06091; see
    `linearised.Projection.gains` for what is different here.)

    >>> from polytask.learning.proposing.known import Known
    >>> ProjectedGradients().pair("a", "b", Known({}, projected={"a": {"b": -0.02}}))
    Gain(score=-0.02, reason='a step for a and b takes 2 % less off the loss of a than for a alone')
    """

    cost: ClassVar[str] = "a second beside a joint training that is made anyway"

    def pair(self, task: str, other: str, known: Known) -> Gain | None:
        """What was foretold when the joint training ended."""
        gain = known.projected.get(task, {}).get(other)
        if gain is None:
            return None
        told = f"{100 * abs(gain):.2g} % {'more' if gain > 0 else 'less'} off the loss of {task}"
        return Gain(gain, f"a step for {task} and {other} takes {told} than for {task} alone")
