"""SimCSE: texts themselves teach an encoder to tell them apart, then a linear model answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from polytask._errors import ConfigError
from polytask.learning.recipes.tuned import Tuned, texts_only

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.neural_part import NeuralPart
    from polytask.learning.recipes.recipe import Context
    from polytask.tasks.task import Fold, Task


@dataclass(frozen=True)
class SimCSE(Tuned):
    """Train the encoder on unlabelled texts to know each again under other dropout.

    Each text of a batch is read twice and has to find its other reading among those of all texts.
    Reads the inputs of the training rows alone, helpers among them; others may `start` from its
    encoder. The linear model on top is that of `Probe`. Vectors are pooled as the encoder pools,
    without a layer of their own in training. (Gao et al., SimCSE: Simple Contrastive Learning of
    Sentence Embeddings, 2021, arXiv 2104.08821.)

    Args:
        epochs: Passes over the training rows.
        learning_rate: Highest learning rate of the encoder.
        batch_size: Rows a batch: each is held against the rest.
        warmup: Share of the steps in which the rate rises.
        weight_decay: Decoupled weight decay, on matrices only.
        dropout: Dropout rate in the encoder: all that makes the two readings differ.
        tau: Temperature of the softmax over the cosines.
        layers: How many upper layers to train, all (with a note) where there are fewer; `None`
            for all.
        penalty: L2 penalty of the linear model beside the mean loss of a row; `None` searches.

    >>> str(SimCSE(epochs=2))
    'SimCSE(epochs=2)'
    """

    cost: ClassVar[str] = "two steps of `FineTune` a row and epoch, then one pass over the rows"

    epochs: int = 1
    learning_rate: float = 3e-5
    batch_size: int = 64
    warmup: float = 0.1
    weight_decay: float = 0.01
    dropout: float = 0.1
    tau: float = 0.05
    layers: int | None = None
    penalty: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._refuse("batch_size", "at least 2: a text and another", lambda v: v >= 2)
        self._refuse("tau", "above 0", lambda v: isinstance(v, (int, float)) and v > 0)
        if not self.dropout:
            raise ConfigError(
                "SimCSE reads each text twice with other dropout, and `dropout` is 0.0: both "
                "readings would be the same"
            )

    def suits(self, tasks: Sequence[Task]) -> None:
        """Refuse what reads no text."""
        texts_only(self, tasks)

    def tune(self, tasks: Sequence[Task], fold: Fold, context: Context) -> NeuralPart:
        """Train on the texts."""
        from polytask.learning.self_supervised import read_on
        from polytask.learning.two_views import TwoViews

        return read_on(
            tasks, fold, context, self, lambda task, enc, _: TwoViews(task, enc.dim, self.tau)
        )

    def read(self, tasks: Sequence[Task], fold: Fold) -> float:
        """Every row twice an epoch."""
        del tasks
        return 2.0 * self.epochs * sum(len(rows) for rows in fold.train.values())
