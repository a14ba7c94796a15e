"""ANIL: an encoder over which a head learns a task in a few steps, then a linear model."""

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
class ANIL(Tuned):
    r"""Learn from other tasks an encoder over which a head learns from few rows.

    In an episode the head of one task takes `inner` steps of gradient descent on some rows, the
    encoder fixed; then the encoder takes one step on the loss of that head on other rows, the
    gradient going through the steps of the head. Heads begin at 0 in each episode, as tasks
    differ in their classes. Train it on helpers and give the part as `start` to a recipe for the
    task; what it answers itself comes from a linear model as that of `Probe`. (Raghu et al., Rapid
    Learning or Feature Reuse, 2020, arXiv 1909.09157; after Finn et al., Model-Agnostic
    Meta-Learning, 2017, arXiv 1703.03400.)

    Args:
        epochs: Rounds of four episodes a task.
        inner: Steps of the head an episode.
        inner_rate: Learning rate of those steps.
        shots: Rows of a class to learn from, and as many to judge by; classes are drawn.
        learning_rate: Highest learning rate of the encoder.
        batch_size: Most rows to learn from in an episode, and to judge by.
        warmup: Share of the steps in which the rate of the encoder rises.
        weight_decay: Decoupled weight decay, on matrices only.
        dropout: Dropout rate in the encoder.
        layers: How many upper layers to train, all (with a note) where there are fewer; `None`
            for all.
        penalty: L2 penalty of the linear model beside the mean loss of a row; `None` searches.

    >>> str(ANIL(shots=8))
    'ANIL(shots=8)'
    """

    cost: ClassVar[str] = "eight steps of `FineTune` a task and epoch, one pass over the rows"

    epochs: int = 10
    inner: int = 5
    inner_rate: float = 0.1
    shots: int = 4
    learning_rate: float = 1e-4
    batch_size: int = 32
    warmup: float = 0.1
    weight_decay: float = 0.01
    dropout: float = 0.1
    layers: int | None = None
    penalty: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("inner", "shots"):
            self._refuse(
                name, "a whole number of at least 1", lambda v: isinstance(v, int) and v > 0
            )
        self._refuse("inner_rate", "above 0", lambda v: isinstance(v, (int, float)) and v > 0)

    def tune(self, tasks: Sequence[Task], fold: Fold, context: Context) -> NeuralPart:
        """Train in episodes."""
        from polytask.learning.anil import learn_features

        return learn_features(tasks, fold, context, self)

    def read(self, tasks: Sequence[Task], fold: Fold) -> float:
        """As many episodes a task as any other has."""
        from polytask.learning.episodes import EPISODES

        del fold
        return self.epochs * EPISODES * 2 * self.batch_size * len(tasks)
