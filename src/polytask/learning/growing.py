"""The frozen encoders of a finished model as trunks for a task that it learns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from polytask.learning.encoders import modality_of
from polytask.learning.recipes.probe import Probe
from polytask.learning.recipes.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.model import Model
    from polytask.learning.neural_part import NeuralPart
    from polytask.learning.part import Part
    from polytask.learning.recipes.recipe import Context
    from polytask.tasks.task import Fold, Task


@dataclass(frozen=True)
class Trunk(Recipe):
    """A probe over the encoder of a part that was trained on other tasks; the encoder is frozen.

    What it fits is a part with the same encoder and one new head. Source: Donahue et al., "DeCAF",
    2014, arXiv 1310.1531 (features of one task as the input of a linear model for another).

    Args:
        part: The part whose encoder is read.
    """

    part: NeuralPart

    def fit(self, tasks: Sequence[Task], fold: Fold, context: Context) -> NeuralPart:
        """Compute features where the cache has none, then fit each task's layer."""
        from polytask.learning.precision import settle

        settle(context)
        found = Probe().over(self.part.encoder, tasks, fold, context, self.part.dtype)
        found.recipe = str(self)
        return found

    def estimate(self, tasks: Sequence[Task], fold: Fold, context: Context) -> float:
        """Expected seconds: those of a probe."""
        return Probe().estimate(tasks, fold, context)

    def __str__(self) -> str:
        first, *others = self.part.tasks  # a task stands in one part of a model: a name for it
        more = f" and {len(others)} more" if others else ""
        return f"Probe() on the encoder of {first}{more}"


def trunks(model: Model, task: Task) -> list[Trunk]:
    """A trunk for each encoder that `model` has trained and that reads what `task` reads.

    One that was never trained gives what `Probe` gives.

    Raises:
        ConfigError: Texts and images together.
    """
    wanted = modality_of(task.inputs)
    return [
        Trunk(part)
        for part in _neural(model).values()
        if part.passes and modality_of(next(iter(part.tasks.values())).inputs) == wanted
    ]


def host(model: Model, part: Part) -> str:
    """The name of the part of `model` with the very encoder of `part`, or "" where none has."""
    if not hasattr(part, "encoder"):
        return ""
    key = (part.encoder.digest(), part.dtype)  # type: ignore[attr-defined]
    same = (n for n, one in _neural(model).items() if (one.encoder.digest(), one.dtype) == key)
    return next(same, "")


def _neural(model: Model) -> dict[str, NeuralPart]:
    """The parts with an encoder; a model without is grown without torch."""
    return {name: part for name, part in model.parts.items() if hasattr(part, "encoder")}  # type: ignore[misc]
