"""How long the gradients of tasks are, and how they lie to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from polytask.learning.proposing.proposer import Gain, Pairwise

if TYPE_CHECKING:
    from polytask.learning.proposing.known import Known


@dataclass(frozen=True)
class GradientAngles(Pairwise):
    """The cosine of two tasks' gradients, times the part that the other has of both lengths.

    At the end of a joint training: what points the same way helps, what points against it harms,
    and a gradient that is short beside the task's does little of either. (Cosines: Yu et al.,
    Gradient Surgery for Multi-Task Learning, 2020, arXiv 2001.06782; lengths: Chen et al.,
    GradNorm, 2018, arXiv 1711.02257. Their product is this project's own.)

    >>> from polytask.learning.proposing.known import Known
    >>> known = Known({}, norms={"a": 1.0, "b": 3.0}, cosines={"a": {"b": 0.2}})
    >>> GradientAngles().pair("a", "b", known)
    Gain(score=0.15, reason='gradients of a and b have the cosine +0.20 and the lengths 1 and 3')
    >>> GradientAngles().pair("b", "a", known).score
    0.05
    """

    cost: ClassVar[str] = "nothing beside a joint training that is made anyway"

    def pair(self, task: str, other: str, known: Known) -> Gain | None:
        """Cosine times the other's part of both lengths."""
        cosine = known.cosines.get(task, {}).get(other, known.cosines.get(other, {}).get(task))
        if cosine is None:
            return None
        own, others = known.norms[task], known.norms[other]
        score = cosine * others / (own + others) if own + others else 0.0
        told = f"the cosine {cosine:+.2f} and the lengths {own:.3g} and {others:.3g}"
        return Gain(round(score, 6), f"gradients of {task} and {other} have {told}")
