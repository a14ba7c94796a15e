"""Contrastive training for few rows: what is alike moves together, then a linear model answers."""

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

_KINDS = ("binary", "multiclass", "ordinal", "multilabel")


@dataclass(frozen=True)
class FewShot(Tuned):
    """Train the encoder to tell rows of one class from the rest, then a linear model on top.

    A few rows make many pairs: each batch holds pairs of one class, and every row is held against
    all others of the batch. The linear model is that of `Probe`, over the tuned encoder. Pairs are
    drawn within each task, so that tasks with many rows can help one with few; the time is the
    same for 40 rows as for 4,000. For texts about classes or labels. (Tunstall et al., Efficient
    Few-Shot Learning Without Prompts, 2022, arXiv 2209.11055; loss: Khosla et al., Supervised
    Contrastive Learning, 2020, arXiv 2004.11362.)

    Args:
        epochs: Rounds of ten batches a task.
        learning_rate: Highest learning rate of the encoder.
        batch_size: Rows a batch, two a pair.
        warmup: Share of the steps in which the rate rises.
        weight_decay: Decoupled weight decay, on matrices only.
        dropout: Dropout rate in the encoder.
        cut: How many of the top layers to leave out; none of a part to start from. Those below
            say more of what pretraining did not aim at: 2 is better for moods, with a rate of
            2e-4, and worse for topics (LOG.md, "Few examples").
        layers: How many upper layers to train, all (with a note) where there are fewer; `None`
            for all.
        penalty: L2 penalty of the linear model beside the mean loss of a row; `None` searches.

    >>> str(FewShot(epochs=10, layers=3))
    'FewShot(epochs=10, layers=3)'
    """

    version: ClassVar[int] = 1
    cost: ClassVar[str] = "ten steps of `FineTune` a task and epoch, one pass over the rows"

    epochs: int = 5
    learning_rate: float = 5e-5
    batch_size: int = 32
    warmup: float = 0.1
    weight_decay: float = 0.01
    dropout: float = 0.1
    cut: int = 0
    layers: int | None = None
    penalty: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._refuse("batch_size", "at least 4: two pairs", lambda v: v >= 4)
        self._refuse("cut", "a whole number of at least 0", lambda v: isinstance(v, int) and v >= 0)

    def suits(self, tasks: Sequence[Task]) -> None:
        """Refuse what is not about classes or labels of texts."""
        for task in tasks:
            if task.kind not in _KINDS:
                raise ConfigError(
                    f"FewShot learns which rows are of one class, for tasks of kind "
                    f"{', '.join(_KINDS)}; {task.name!r} is {task.kind}: use Probe() or FineTune()"
                )
        texts_only(self, tasks)

    def tune(self, tasks: Sequence[Task], fold: Fold, context: Context) -> NeuralPart:
        """Train on pairs."""
        from polytask.learning.contrasting import contrast

        return contrast(tasks, fold, context, self)

    def read(self, tasks: Sequence[Task], fold: Fold) -> float:
        """As many batches a task as any other has."""
        from polytask.learning.contrasting import STEPS

        del fold
        return self.epochs * STEPS * self.batch_size * len(tasks)
