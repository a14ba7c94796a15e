"""Self-supervised training: an encoder goes on learning from inputs alone, labels unread."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from polytask.learning.fitting import trainable_encoder
from polytask.learning.heads.head import Head
from polytask.learning.neural_part import NeuralPart
from polytask.learning.precision import autocast, settle
from polytask.learning.training import Run, complete
from polytask.tasks.task import Fold, Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from polytask.learning.encoders.encoder import Encoder, Features
    from polytask.learning.losses.loss import Loss
    from polytask.learning.recipes.recipe import Context
    from polytask.learning.settings import Settings
    from polytask.tasks.task import Target, Task


class Objective(Head):
    """What an encoder learns from inputs alone: one question, `cost`.

    It stands where heads stand in training, for all tables at once, and lives in training only.
    What it leaves to chance comes from the generator of torch.

    Attributes:
        told: Its name in the lines of training.
    """

    cost: ClassVar[str] = "nothing"
    told: ClassVar[str]

    @abstractmethod
    def price(self, encoder: Encoder, batch: dict[str, Tensor]) -> Tensor:
        """The mean loss of a batch, a number of about 1 before training or below."""

    def forward(self, features: Features) -> Tensor:
        """The vectors of rows, as it answers nothing of its own, `(n, d)`."""
        return features.vector

    def encode(self, targets: Sequence[Target | None]) -> list[np.ndarray]:
        """Nothing to aim at: 0 a row."""
        return [np.asarray(0)] * len(targets)

    def loss(self) -> Loss:
        """No loss a row: `price` judges a batch."""
        from polytask.learning.losses.squared_error import SquaredError

        return SquaredError()


class Reading(Run):
    """A run whose batches are judged by an `Objective`, its only head."""

    def batch_losses(
        self, batch: Sequence[tuple[str, np.ndarray]]
    ) -> tuple[dict[str, Tensor], list[Tensor]]:
        """What the objective costs on a batch of one table; nothing is shared between tasks."""
        encoder = self.part.encoder
        ((name, objective),) = self.part.heads.items()
        ((table, index),) = batch
        assert isinstance(objective, Objective)
        with autocast(encoder.device.type, self.part.dtype):
            return {name: objective.price(encoder, self.collated(table, index))}, []


def read_on(
    tasks: Sequence[Task],
    fold: Fold,
    context: Context,
    settings: Settings,
    objective: Callable[[Task, Encoder, Fold], Objective],
) -> NeuralPart:
    """An encoder that was trained further on the inputs of all training rows of `fold`.

    Args:
        tasks: Tasks of texts.
        fold: Their rows; dev rows are not used, labels not read.
        context: Seed, encoder, device, …
        settings: The numbers of the run.
        objective: Makes the objective for the first task, the encoder and the rows.
    """
    dtype = settle(context)
    encoder = trainable_encoder(tasks, fold, context, settings)
    head = objective(tasks[0], encoder, fold).to(context.device)
    part = NeuralPart(encoder, {head.told: head}, dtype=dtype)
    seen = unlabelled(fold, head.told)
    complete(Reading(part, seen, context, settings), seen)
    part.passes = dict.fromkeys([task.name for task in tasks], part.passes.get(head.told, 0.0))
    return part


def unlabelled(fold: Fold, name: str) -> Fold:
    """The training rows with one target of no meaning, called `name`, in the place of labels."""
    return Fold(
        {
            table: Rows(rows.inputs, {name: [""] * len(rows)}, rows.positions)
            for table, rows in fold.train.items()
        },
        {},
    )
