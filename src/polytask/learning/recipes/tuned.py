"""The base of recipes that tune an encoder by means of their own; a linear model then answers."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from polytask._errors import ConfigError
from polytask.learning.balancing.equal import Equal
from polytask.learning.recipes.probe import Probe
from polytask.learning.recipes.recipe import Recipe
from polytask.learning.settings import Settings
from polytask.learning.transfer.whole import Whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.neural_part import NeuralPart
    from polytask.learning.recipes.recipe import Context
    from polytask.tasks.task import Fold, Task


class Tuned(Settings, Recipe):
    """Answers two questions: how the encoder is tuned, and how many rows that reads.

    The linear model is that of `Probe`, over the tuned encoder; others may `start` from that
    encoder. Subclasses are frozen dataclasses that state their arguments.

    Attributes:
        penalty: L2 penalty of the linear model beside the mean loss of a row; `None` searches.
    """

    can_distil: ClassVar[bool] = False
    penalty: float | None

    # what `Settings` asks for beside: no dev, no balance of losses, no heads of the recipe
    head_learning_rate = 1e-3
    patience = 1
    warmup = 0.0
    temperature = 1.0
    sampling = None
    observer = None
    optimiser = "adamw"
    schedule = "linear"
    balancer = Equal()
    transfer = Whole()
    loss = None
    regulariser = None
    image_size = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._refuse(
            "layers",
            "a whole number of at least 1, or None",
            lambda v: v is None or (isinstance(v, int) and v >= 1),
        )
        Probe(self.penalty)

    @abstractmethod
    def tune(self, tasks: Sequence[Task], fold: Fold, context: Context) -> NeuralPart:
        """The tuned encoder, with `passes` by task and its number format; heads do not matter."""

    @abstractmethod
    def read(self, tasks: Sequence[Task], fold: Fold) -> float:
        """How many rows `tune` takes forward and back."""

    def suits(self, tasks: Sequence[Task]) -> None:
        """Refuse tasks that it is not for; by default none.

        Raises:
            ConfigError: Such a task; the message says which recipes are for it.
        """
        del tasks

    def fit(self, tasks: Sequence[Task], fold: Fold, context: Context) -> NeuralPart:
        """Tune the encoder, compute features once, fit each task's layer.

        Raises:
            ConfigError: A task that the recipe is not for.
            MissingError: No weights; the message holds the command that gets them.
        """
        self.suits(tasks)
        tuned = self.tune(tasks, fold, context)
        probe = Probe(self.penalty, ranked=True)
        # the encoder is no other fit's: its features need not be kept
        alone = replace(context, cache=None)
        part = probe.over(tuned.encoder, tasks, fold, alone, tuned.dtype)
        part.recipe, part.passes = str(self), tuned.passes
        return part

    def estimate(self, tasks: Sequence[Task], fold: Fold, context: Context) -> float:
        """Expected seconds: the rows read forward and back, then those of a probe."""
        from polytask.learning.speed import speed

        found = speed(tasks, fold, context)
        share = min(1.0, (self.layers or found.depth) / found.depth) if found.depth else 1.0
        return self.read(tasks, fold) * found.train * share + Probe().estimate(tasks, fold, context)


def texts_only(recipe: Recipe, tasks: Sequence[Task]) -> None:
    """Refuse tasks that read no text.

    Raises:
        ConfigError: Such a task.
    """
    for task in tasks:
        if task.inputs[0].modality != "text":
            raise ConfigError(
                f"{type(recipe).__name__} reads texts; {task.name!r} reads "
                f"{task.inputs[0].modality}: use Probe() or KernelProbe()"
            )
