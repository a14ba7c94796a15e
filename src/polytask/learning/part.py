"""A part: something trained that answers one or more tasks. A model is parts and a routing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from polytask.evaluation.prediction import Scores
    from polytask.learning.model import Model
    from polytask.tasks.task import Inputs, Task


class Part(ABC):
    """Something trained that gives scores for one or more tasks from one pass over the inputs.

    Attributes:
        tasks: The tasks it answers, by name.
        recipe: The text form of the recipe that made it.
    """

    tasks: Mapping[str, Task]
    recipe: str

    @abstractmethod
    def scores(self, inputs: Inputs, tasks: Sequence[str]) -> dict[str, Scores]:
        """Scores of `tasks` (all on the same input columns) for each row of `inputs`."""

    @abstractmethod
    def save(self, folder: Path, *, complete: bool = True) -> None:
        """Write the part into the empty `folder`: `part.json` and safetensors, nothing pickled.

        Args:
            folder: Where to.
            complete: Write all it needs; else it may leave out pretrained weights that lie
                elsewhere and name them (for candidates, to spare the disk).
        """

    @property
    @abstractmethod
    def parameters(self) -> int:
        """How many numbers were learned or are needed to answer, frozen ones included."""

    @property
    def bytes(self) -> int:
        """How many bytes it takes on disk, nearly: four a parameter unless a part knows better."""
        return 4 * self.parameters

    def only(self, tasks: Sequence[str]) -> Part:
        """The same part with nothing that only serves other tasks; itself where it cannot shrink.

        It may share memory with this one, which stays as it is.
        """
        del tasks
        return self

    def bound(self, model: Model) -> Part:
        """The part as it stands in `model`: one that asks other tasks asks those of the model."""
        del model
        return self
