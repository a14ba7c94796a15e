"""Fine-tuning: the whole encoder is trained with the heads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from polytask.learning.balancing.equal import Equal
from polytask.learning.recipes.recipe import Context, Recipe
from polytask.learning.settings import Settings
from polytask.learning.transfer.whole import Whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.balancing.balancer import Balancer
    from polytask.learning.losses.loss import Loss
    from polytask.learning.observing.observer import Observer
    from polytask.learning.part import Part
    from polytask.learning.regularising.regulariser import Regulariser
    from polytask.learning.sampling.sampling import Sampling
    from polytask.learning.transfer.transfer import Transfer
    from polytask.tasks.task import Fold, Task


@dataclass(frozen=True)
class FineTune(Settings, Recipe):
    """Train all layers of a pretrained encoder together with a linear head a task.

    Strong from about a thousand rows on, and the way to share
    between tasks; costs minutes. (Devlin et al., BERT, 2019, arXiv 1810.04805; joint: Liu et al.,
    MT-DNN, 2019, arXiv 1901.11504.)

    Args:
        epochs: Passes over the training rows.
        learning_rate: Highest learning rate of the encoder.
        head_learning_rate: Highest learning rate of the heads.
        batch_size: Rows a batch.
        warmup: Share of the steps in which the rates rise.
        weight_decay: Decoupled weight decay, on matrices only.
        dropout: Dropout rate in encoder and heads.
        patience: Epochs without improvement on dev after which training stops.
        balancer: How the losses of several tasks count.
        loss: The loss of those tasks whose kind it is for; `None` for that of their heads.
        transfer: What is added to the encoder, and what of it is trained when and how fast.
        regulariser: What is asked of a batch beside the plain question; `None` for nothing.
        temperature: Size-smoothing of the sampling of tables; 1 is proportional.
        sampling: Which rows an epoch takes, instead of by `temperature`.
        observer: What training changes about itself for what was measured; `None` for nothing.
        optimiser: "adamw", "radam", "nadam", "adafactor" or "sgd".
        schedule: "linear", "cosine", "polynomial", "inverse_sqrt", "constant_with_warmup" or
            "constant": how the rates go after the warm-up.
        embeddings: Train the word embeddings, too; better for tags of rare words, a fifth slower.
        image_size: Pixels a side that images are scaled to; `None` for the size of pretraining.
            Cost grows as the square: 128 costs a third of 224.

    >>> str(FineTune(epochs=5, learning_rate=1e-4))
    'FineTune(epochs=5, learning_rate=0.0001)'
    """

    cost: ClassVar[str] = "forward and backward through all layers, an epoch after another"
    version: ClassVar[int] = 3

    epochs: int = 3
    learning_rate: float = 2e-4
    head_learning_rate: float = 1e-3
    batch_size: int = 32
    warmup: float = 0.06
    weight_decay: float = 0.01
    dropout: float = 0.1
    patience: int = 2
    balancer: Balancer = Equal()  # noqa: RUF009 — a frozen value
    loss: Loss | None = None
    transfer: Transfer = Whole()  # noqa: RUF009 — a frozen value
    regulariser: Regulariser | None = None
    temperature: float = 2.0
    sampling: Sampling | None = None
    observer: Observer | None = None
    optimiser: str = "adamw"
    schedule: str = "linear"
    embeddings: bool = False
    image_size: int | None = None

    def fit(self, tasks: Sequence[Task], fold: Fold, context: Context) -> Part:
        """Train encoder and heads; see `Recipe.fit`."""
        from polytask.learning.fitting import fit

        return fit(tasks, fold, context, self)

    def estimate(self, tasks: Sequence[Task], fold: Fold, context: Context) -> float:
        """Expected seconds, from steps measured on this machine."""
        from polytask.learning.speed import seconds

        return seconds(tasks, fold, context, self)
