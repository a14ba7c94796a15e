"""The base of proposers: one question, `gain`: what a task would gain in company."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from statistics import mean
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.proposing.known import Known


@dataclass(frozen=True)
class Gain:
    """What is expected.

    Args:
        score: The higher, the more; comparable with other scores of the same proposer alone.
        reason: Why, with the figures, as a clause without its full stop.
    """

    score: float
    reason: str


class Proposer(ABC):
    """Says what a task would gain by being learned with others.

    Subclasses are frozen dataclasses whose fields are the configuration.
    """

    cost: ClassVar[str]
    """What asking costs, as a phrase."""

    @abstractmethod
    def gain(self, task: str, others: Sequence[str], known: Known) -> Gain | None:
        """What `task` would gain by being learned with `others`.

        Args:
            task: A task.
            others: One other or more.
            known: What there is to go by.

        Returns:
            The score and its reason, or `None` where there is nothing to go by.
        """


class Pairwise(Proposer):
    """A proposer that thinks in pairs: what several give a task is the mean over them.

    (As in Fifty et al., Efficiently Identifying Task Groupings for Multi-Task Learning, 2021, arXiv
    2109.04617.)
    """

    @abstractmethod
    def pair(self, task: str, other: str, known: Known) -> Gain | None:
        """What `task` would gain by being learned with one other."""

    def gain(self, task: str, others: Sequence[str], known: Known) -> Gain | None:
        """The mean over `others`, with the reason of the one that promises most."""
        found = [self.pair(task, other, known) for other in others]
        told = [one for one in found if one is not None]
        if not told:
            return None
        return Gain(mean(one.score for one in told), max(told, key=lambda one: one.score).reason)


def promise(proposer: Proposer, group: Sequence[str], known: Known) -> Gain | None:
    """What a group is promised: the mean over its tasks, with the reason of that which gains most.

    Args:
        proposer: Who is asked.
        group: Two tasks or more.
        known: What there is to go by.

    >>> from polytask.learning.proposing.known import Known
    >>> from polytask.learning.proposing.step_affinity import StepAffinity
    >>> known = Known({}, affinity={"a": {"b": 0.25}, "b": {"a": 0.75}})
    >>> promise(StepAffinity(), ["a", "b"], known).score
    0.5
    >>> promise(StepAffinity(), ["a", "c"], known) is None
    True
    """
    found = [
        proposer.gain(task, [other for other in group if other != task], known) for task in group
    ]
    told = [one for one in found if one is not None]
    if not told:
        return None
    return Gain(mean(one.score for one in told), max(told, key=lambda one: one.score).reason)
