"""Masked tokens: an encoder goes on with its pretraining on texts of the tasks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from polytask.learning.recipes.tuned import Tuned, texts_only

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.neural_part import NeuralPart
    from polytask.learning.recipes.recipe import Context
    from polytask.tasks.task import Fold, Task


@dataclass(frozen=True)
class MaskedTokens(Tuned):
    """Train the encoder on unlabelled texts to say which sub-words are hidden in them.

    Of the sub-words `share` are chosen: eight in ten are hidden, one becomes another, one stays.
    Reads the inputs of the training rows alone, helpers among them, and chooses among the
    sub-words that occur there; others may `start` from its encoder. The linear model on top is
    that of `Probe`, and the word embeddings stay fixed. (Devlin et al., BERT, 2019, arXiv
    1810.04805; on texts of the tasks: Gururangan et al., Don't Stop Pretraining, 2020, arXiv
    2004.10964.)

    Args:
        epochs: Passes over the training rows, each with other sub-words hidden.
        learning_rate: Highest learning rate of the encoder.
        head_learning_rate: Highest learning rate of the layer that names sub-words.
        batch_size: Rows a batch.
        warmup: Share of the steps in which the rates rise.
        weight_decay: Decoupled weight decay, on matrices only.
        dropout: Dropout rate in the encoder.
        share: Share of the sub-words that are chosen.
        tied: Name sub-words by the word embeddings; else by a table that is learned anew.
        penalty: L2 penalty of the linear model beside the mean loss of a row; `None` searches.

    >>> str(MaskedTokens(epochs=5, tied=False))
    'MaskedTokens(epochs=5, tied=False)'
    """

    cost: ClassVar[str] = "a step of `FineTune` a row and epoch, then one pass over the rows"

    epochs: int = 3
    learning_rate: float = 5e-5
    head_learning_rate: float = 1e-3
    batch_size: int = 32
    warmup: float = 0.06
    weight_decay: float = 0.01
    dropout: float = 0.1
    share: float = 0.15
    tied: bool = True
    penalty: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._refuse(
            "share", "above 0 and below 1", lambda v: isinstance(v, (int, float)) and 0 < v < 1
        )
        self._refuse("tied", "True or False", lambda v: isinstance(v, bool))

    def suits(self, tasks: Sequence[Task]) -> None:
        """Refuse what reads no text."""
        texts_only(self, tasks)

    def tune(self, tasks: Sequence[Task], fold: Fold, context: Context) -> NeuralPart:
        """Train on the texts."""
        from polytask.learning.masked_words import objective
        from polytask.learning.self_supervised import read_on

        made = partial(objective, share=self.share, tied=self.tied)
        return read_on(tasks, fold, context, self, made)

    def read(self, tasks: Sequence[Task], fold: Fold) -> float:
        """Every row once an epoch, and a fifth for naming sub-words."""
        del tasks
        return 1.2 * self.epochs * sum(len(rows) for rows in fold.train.values())
