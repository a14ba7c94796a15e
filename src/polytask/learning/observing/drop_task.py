"""DropTask: a task that has learned all it will leaves the joint training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from polytask.learning.observing.observer import Change, Observer, Seen, plain_sum, points
from polytask.learning.transfer.transfer import whole_number

if TYPE_CHECKING:
    from polytask.learning.settings import Settings


@dataclass(frozen=True)
class DropTask(Observer):
    """Leave out the loss of a task whose dev result has not improved for some epochs.

    The others go on; one task always does. What the part answers for the dropped task is decided
    as ever, by the epoch that was best on the mean. (Early stopping by task, as in Zhang et al.,
    Facial Landmark Detection by Deep Multi-task Learning, 2014.)

    Args:
        patience: Epochs without improvement of the task.

    Raises:
        ConfigError: `patience` below 1.

    >>> from polytask.learning.observing.observer import Seen
    >>> gaps = [{"a": 0.2, "b": 0.5}, {"a": 0.2, "b": 0.4}, {"a": 0.3, "b": 0.3}]
    >>> DropTask().look(Seen(5, [0.6, 0.7, 0.7], gaps, [])).weights
    {'a': 0.0}
    """

    patience: int = 2

    def __post_init__(self) -> None:
        whole_number("patience", self.patience)

    def look(self, seen: Seen) -> Change | None:
        """Drop the tasks that stand still, except the one that improved last."""
        still = {task: self._still(seen, task) for task in seen.gaps[-1] if seen.weight(task) > 0}
        liveliest = min(still, key=lambda task: still[task], default="")
        dropped = [task for task, n in still.items() if n >= self.patience and task != liveliest]
        if not dropped:
            return None
        told = ", ".join(
            f"{task} has not improved on dev for {still[task]} epochs, "
            f"{points(seen.gaps[-1][task])} points from perfect"
            for task in dropped
        )
        return Change(f"{told}: dropped from training", weights=dict.fromkeys(dropped, 0.0))

    def check(self, settings: Settings) -> None:
        """Refuse a balancer that decides by itself what a task counts.

        Raises:
            ConfigError: Another balancer than Equal.
        """
        plain_sum(self, settings)

    def _still(self, seen: Seen, task: str) -> int:
        """Epochs since the task was at its best."""
        gaps = [one[task] for one in seen.gaps if task in one]
        return len(gaps) - 1 - gaps.index(min(gaps))
