"""The base of regularisers: one question, `answers`: what training learns from of a batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from polytask._errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.looking import Answers, Look
    from polytask.learning.settings import Settings
    from polytask.tasks.task import Task


class Regulariser(ABC):
    """Decides what is asked of a batch beside the plain question.

    Subclasses are frozen dataclasses: their fields are the configuration. All that they leave to
    chance comes from the generator of torch, whose state a checkpoint holds. Losses keep their
    unit: where several passes pay, their mean counts.

    Attributes:
        mixes: Whether it asks of points between rows, of which no teacher knows anything.
    """

    mixes: ClassVar[bool] = False

    def check(self, settings: Settings) -> None:
        """Refuse what does not go with `settings`.

        Raises:
            ConfigError: Two arguments that contradict each other.
        """
        del settings

    def suits(self, tasks: Sequence[Task]) -> None:
        """Refuse tasks that it is not for.

        Raises:
            ConfigError: Such tasks.
        """
        del tasks

    @abstractmethod
    def answers(self, look: Look) -> Answers:
        """Ask `look` as often as need be; the losses of the answer are what training minimises."""


def only_text(method: str, why: str, tasks: Sequence[Task]) -> None:
    """Refuse tasks on anything but text.

    Raises:
        ConfigError: Such tasks.
    """
    other = [task for task in tasks if task.inputs[0].modality != "text"]
    if other:
        found = ", ".join(f"{task.name} ({task.inputs[0].modality})" for task in other)
        raise ConfigError(
            f"`regulariser` {method} {why}, which only text has; found {found}. Leave it out or "
            "take another, as Mixup()"
        )


def number(name: str, value: object, least: float = 0.0) -> None:
    """Refuse what is no finite number above `least`.

    Raises:
        ConfigError: Something else.
    """
    good = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not good or not least < value < float("inf"):  # type: ignore[operator]
        raise ConfigError(f"`{name}` is a number above {least:g}; found {value!r}")
