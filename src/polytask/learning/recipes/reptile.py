"""Reptile: a start from which some steps on any of the tasks lead far, then a linear model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from polytask.learning.recipes.tuned import Tuned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.neural_part import NeuralPart
    from polytask.learning.recipes.recipe import Context
    from polytask.tasks.task import Fold, Task


@dataclass(frozen=True)
class Reptile(Tuned):
    r"""Learn from other tasks an encoder that is a good start for a new one.

    An episode takes `inner` steps on one task, from $\theta$ to $\theta'$, heads included; then
    $\theta \leftarrow \theta + \epsilon (\theta' - \theta)$. With one step an episode that is
    plain training on all tasks; with more it also brings the steps of a task in line with each
    other. Train it on helpers and give the part as `start` to a recipe for the task; what it
    answers itself comes from a linear model as that of `Probe`. (Nichol et al., On First-Order
    Meta-Learning Algorithms, 2018, arXiv 1803.02999.)

    Args:
        epochs: Rounds of four episodes a task.
        inner: Steps an episode.
        pace: $\epsilon$ at first; it falls to 0 in a line.
        learning_rate: Learning rate of the encoder within an episode.
        head_learning_rate: Learning rate of the heads within an episode.
        batch_size: Rows a step.
        weight_decay: Decoupled weight decay, on matrices only.
        dropout: Dropout rate in the encoder.
        layers: How many upper layers to train, all (with a note) where there are fewer; `None`
            for all.
        penalty: L2 penalty of the linear model beside the mean loss of a row; `None` searches.

    >>> str(Reptile(inner=10))
    'Reptile(inner=10)'
    """

    cost: ClassVar[str] = "twenty steps of `FineTune` a task and epoch, one pass over the rows"
    schedule = "constant"

    epochs: int = 5
    inner: int = 5
    pace: float = 1.0
    learning_rate: float = 1e-4
    head_learning_rate: float = 1e-3
    batch_size: int = 32
    weight_decay: float = 0.01
    dropout: float = 0.1
    layers: int | None = None
    penalty: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._refuse(
            "inner", "a whole number of at least 1", lambda v: isinstance(v, int) and v > 0
        )
        self._refuse("pace", "above 0 and at most 1", lambda v: 0 < v <= 1)

    def tune(self, tasks: Sequence[Task], fold: Fold, context: Context) -> NeuralPart:
        """Train in episodes."""
        from polytask.learning.reptile import learn_start

        return learn_start(tasks, fold, context, self)

    def read(self, tasks: Sequence[Task], fold: Fold) -> float:
        """As many episodes a task as any other has."""
        from polytask.learning.episodes import EPISODES

        del fold
        return self.epochs * EPISODES * self.inner * self.batch_size * len(tasks)
