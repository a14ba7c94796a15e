"""The base of balancers: one question, `start`; what it starts turns losses into one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.balancing.weightings import Weighting
    from polytask.tasks.task import Task


class Balancer(ABC):
    """Decides how the losses of several tasks count.

    Subclasses are frozen dataclasses: their fields are the configuration. In a plain PyTorch loop:

    ```diff
    + balance = Equal().start(["intent", "slots"])
    - loss = intent_loss + slot_loss
    + loss = balance({"intent": intent_loss, "slots": slot_loss}, shared=features)
      loss.backward()
    ```

    Attributes:
        compares: Whether it holds tasks against each other: a batch then has rows of every table.
        resumable: Whether parameters and buffers are the whole state of what `start` gives;
            training writes no checkpoints where they are not, and begins anew after a kill.
        per_parameter: Whether `shared` is to be the trained numbers of the encoder rather than
            its features.
    """

    compares: ClassVar[bool] = False
    resumable: ClassVar[bool] = True
    per_parameter: bool = False

    def suits(self, tasks: Sequence[Task]) -> None:
        """Refuse tasks that it cannot hold against each other; by default any will do.

        Raises:
            ConfigError: Such tasks.
        """
        del tasks

    @abstractmethod
    def start(self, tasks: Sequence[str]) -> Weighting:
        """A fresh `Weighting` for `tasks`."""
