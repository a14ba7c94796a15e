"""A look at a batch: it is read once and may be asked several times.

Training asks once. A regulariser asks again: with other dropout, with moved words, with mixed
features.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

from polytask.learning.batches import targets_of
from polytask.learning.precision import autocast

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from contextlib import AbstractContextManager

    import numpy as np
    from torch import Tensor

    from polytask.learning.encoders.encoder import Batch, Encoder, Features
    from polytask.learning.training import Run


@dataclass(frozen=True)
class Answers:
    """What one pass over a batch says, by task; rows are those of the task's table.

    Args:
        losses: The loss of each row, `(n,)`; 0 for a row without a label.
        logits: What the head says, `(n, …)`.
        targets: What it should say, `(n, …)`.
        features: What the encoder gave, one entry a table and voice.
    """

    losses: dict[str, Tensor] = field(default_factory=dict)
    logits: dict[str, Tensor] = field(default_factory=dict)
    targets: dict[str, Tensor] = field(default_factory=dict)
    features: list[Features] = field(default_factory=list)

    def total(self) -> Tensor:
        """The sum of all losses."""
        return torch.stack([rows.sum() for rows in self.losses.values()]).sum()

    def but(self, losses: dict[str, Tensor], others: Sequence[Answers] = ()) -> Answers:
        """The same with other losses, which come from these features and those of `others`."""
        features = [*self.features, *(each for other in others for each in other.features)]
        return Answers(losses, self.logits, self.targets, features)


def averaged(every: Sequence[Answers]) -> Answers:
    """The mean losses of several passes over the same batch."""
    first, *others = every
    losses = {
        task: torch.stack([answers.losses[task] for answers in every]).mean(0)
        for task in first.losses
    }
    return first.but(losses, others)


class Look:
    """A batch that was read: collated, and through the frozen layers.

    Args:
        run: The training that looks.
        batch: Rows by table.
    """

    def __init__(self, run: Run, batch: Sequence[tuple[str, np.ndarray]]) -> None:
        self.run, self.batch = run, batch
        self.given: list[Batch] = [run.collated(table, index) for table, index in batch]
        with autocast(self.encoder.device.type, run.part.dtype):
            self.hidden = [
                run.lowered(table, index, one)
                for (table, index), one in zip(batch, self.given, strict=True)
            ]

    @property
    def encoder(self) -> Encoder:
        """The encoder in training."""
        return self.run.part.encoder

    def __call__(
        self,
        hidden: Sequence[Tensor] | None = None,
        between: Callable[[Features], Features] | None = None,
    ) -> Answers:
        """Ask encoder and heads.

        Args:
            hidden: What the upper layers read instead of what the lower ones gave, such as moved
                `words`.
            between: Stands between encoder and heads.
        """
        encoder, hidden = self.encoder, self.hidden if hidden is None else hidden
        answers = Answers()
        for names in encoder.voices(list(self.run.part.heads)):
            asked = [i for i, (table, _) in enumerate(self.batch) if self._has(table, names)]
            if not asked:
                continue
            encoder.speak(names)
            with autocast(encoder.device.type, self.run.part.dtype):
                found = encoder.together([hidden[i] for i in asked], [self.given[i] for i in asked])
            answers.features.extend(found)
            for i, features in zip(asked, found, strict=True):
                seen = features if between is None else between(features)
                self._answer(answers, *self.batch[i], seen, names)
        return answers

    def words(self) -> list[Tensor]:
        """The embedded words `(s, t, d)` of each table.

        Raises:
            ConfigError: The encoder embeds no words, or fixed layers stand over them.
        """
        with autocast(self.encoder.device.type, self.run.part.dtype):
            return [
                self.encoder.embedded(hidden, one)
                for hidden, one in zip(self.hidden, self.given, strict=True)
            ]

    def lengths(self) -> list[list[int]]:
        """How many of the `words` of each row are no padding."""
        return [
            self.encoder.lengths(one) or [hidden.shape[1]] * len(hidden)
            for hidden, one in zip(self.hidden, self.given, strict=True)
        ]

    def same_chance(self) -> AbstractContextManager[None]:
        """What is left to chance within is the same in the next pass after it."""
        device = self.encoder.device
        return torch.random.fork_rng([] if device.type == "cpu" else [device])

    def tokenwise(self, task: str) -> bool:
        """Whether `task` is answered for every token rather than every row."""
        return self.run.part.heads[task].tokenwise

    def loss(self, task: str, logits: Tensor, target: Tensor) -> Tensor:
        """The loss a row, `(n,)`, by the loss that training uses for `task`."""
        found: Tensor = self.run.losses[task](logits, target)
        return found

    def _has(self, table: str, names: Sequence[str]) -> bool:
        return any(name in self.run.tables[table].factors for name in names)

    def _answer(
        self,
        answers: Answers,
        table: str,
        index: np.ndarray,
        features: Features,
        names: Sequence[str],
    ) -> None:
        """Put into `answers` what the heads of the tasks `names` say of rows of `table`."""
        rows = self.run.tables[table]
        width = None if features.mask is None else features.mask.shape[1]
        for task in rows.factors:
            if task not in names:
                continue
            head = self.run.part.heads[task]
            target = targets_of(rows, task, index, width if head.tokenwise else None)
            answers.targets[task] = target.to(features.vector.device)
            logits = head(features)
            answers.logits[task] = self._joined(task, logits, features, rows.factors, names)
            loss = self.loss(task, answers.logits[task], answers.targets[task])
            answers.losses[task] = self.run.teachers(task, index, logits, loss)

    def _joined(
        self,
        task: str,
        logits: Tensor,
        features: Features,
        here: Collection[str],
        names: Sequence[str],
    ) -> Tensor:
        """The logits of `task`, before those of tasks of other tables where the loss is joint."""
        losses, heads = self.run.losses, self.run.part.heads
        if not losses[task].joint:
            return logits
        others = [name for name in names if losses[name].joint and name not in here]
        return torch.cat([logits, *(heads[name](features) for name in others)], dim=-1)
