"""Fine-tuning of the upper layers over frozen lower ones, whose output is computed once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from polytask._errors import ConfigError
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
class TopLayers(Settings, Recipe):
    """Train the upper layers of a pretrained encoder and a linear head a task.

    The lower layers stay as pretrained; their output is computed once a row, so that an epoch
    costs a fraction of one of `FineTune` and few rows overfit less. (Lee et al., What Would Elsa
    Do? Freezing Layers During Transformer Fine-Tuning, 2019, arXiv 1911.03090.)

    Args:
        layers: How many upper layers to train; all, with a note, where there are fewer.
        epochs: Passes over the training rows.
        learning_rate: Highest learning rate of the layers.
        head_learning_rate: Highest learning rate of the heads.
        batch_size: Rows a batch.
        warmup: Share of the steps in which the rates rise.
        weight_decay: Decoupled weight decay, on matrices only.
        dropout: Dropout rate in the trained layers and heads.
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
        image_size: Pixels a side that images are scaled to; `None` for the size of pretraining.

    >>> str(TopLayers(layers=3))
    'TopLayers(layers=3)'
    """

    cost: ClassVar[str] = "one pass of the fixed layers, then half of `FineTune` an epoch"
    version: ClassVar[int] = 3

    layers: int = 2
    epochs: int = 5
    learning_rate: float = 3e-4
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
    image_size: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.layers, int) or self.layers < 1:
            raise ConfigError(f"`layers` is a whole number of at least 1; found {self.layers!r}")
        super().__post_init__()

    def fit(self, tasks: Sequence[Task], fold: Fold, context: Context) -> Part:
        """Train the upper layers and heads; see `Recipe.fit`."""
        from polytask.learning.fitting import fit

        return fit(tasks, fold, context, self)

    def estimate(self, tasks: Sequence[Task], fold: Fold, context: Context) -> float:
        """Expected seconds, from steps measured on this machine."""
        from polytask.learning.speed import seconds

        return seconds(tasks, fold, context, self, layers=self.layers)
