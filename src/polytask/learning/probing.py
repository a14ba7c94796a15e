"""What probes learn from: the features and targets of rows, on one scale.

Every recipe over a frozen encoder starts here; the features are computed once a row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from polytask._errors import ConfigError
from polytask.learning.encoders.marks import tally

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.learning.encoders.encoder import Encoder
    from polytask.learning.encoders.marks import Cut
    from polytask.learning.features import RowFeatures
    from polytask.learning.kernel import Kernel
    from polytask.learning.linear import Linear
    from polytask.learning.recipes.recipe import Context
    from polytask.tasks.task import Fold, Rows, Task


@dataclass(frozen=True)
class Labelled:
    """Labelled rows of one task, or for tagging their tokens one after the other.

    Args:
        features: `(n, d)`.
        truth: Targets as numbers, one a line of `features`.
        targets: Targets as they are, one a row.
        ends: Where each row's tokens end; `None` unless tagging.
    """

    features: np.ndarray
    truth: np.ndarray
    targets: list[Any]
    ends: np.ndarray | None = None

    def scores(self, task: Task, values: np.ndarray) -> Any:
        """Values of a linear model as scores of the rows."""
        from polytask.learning.linear_part import as_scores

        if self.ends is not None:
            return np.split(values, self.ends[:-1])
        return as_scores(task, values)


class Tables:
    """Features of every table of a fold, computed once for all tasks."""

    def __init__(
        self, tasks: Sequence[Task], fold: Fold, encoder: Encoder, context: Context, dtype: str
    ) -> None:
        self.encoder = encoder
        self.splits: dict[str, Mapping[str, Rows]] = {"train": fold.train, "dev": fold.dev}
        self.tagged = {task.table for task in tasks if task.kind == "tagging"}
        self.cache = context.cache
        self.dtype = dtype
        self._made: dict[tuple[str, str], RowFeatures] = {}

    def of(self, task: Task, split: str) -> Labelled:
        """The rows of `split` that carry a label for `task`."""
        from polytask.learning.selection import as_truth

        rows = self.splits[split].get(task.table)
        if rows is None or task.name not in rows.targets:
            return Labelled(np.zeros((0, self.encoder.dim), np.float32), np.zeros(0), [])
        targets = rows.targets[task.name]
        index = [i for i, target in enumerate(targets) if target is not None]
        found = self._features(task.table, split, rows).take(index)
        kept = [targets[i] for i in index]
        if task.kind == "tagging":
            return _tokens(task, found, kept)
        return Labelled(found.vectors, as_truth(task, kept), kept)

    def cut(self) -> Cut:
        """How many of the rows used so far were not read as they are."""
        return tally(
            (split, self.splits[split][table], features.marks)
            for (table, split), features in self._made.items()
        )

    def _features(self, table: str, split: str, rows: Rows) -> RowFeatures:
        from polytask.learning.features import features

        if (table, split) not in self._made:
            self._made[table, split] = features(
                self.encoder,
                rows.inputs,
                cache=self.cache,
                dtype=self.dtype,
                tokens=table in self.tagged,
            )
        return self._made[table, split]


def _tokens(task: Task, found: RowFeatures, targets: list[Any]) -> Labelled:
    from polytask.learning.selection import as_truth

    lines = found.tokens or []
    for line, target in zip(lines, targets, strict=True):
        if len(line) != len(target):
            raise ConfigError(
                f"Task {task.name!r} tags tokens; its input must be a list of as many tokens as "
                f"tags, found {len(line)} and {len(target)}"
            )
    flat = np.concatenate(lines) if lines else np.zeros((0, 1), np.float16)
    tags = [tag for target in targets for tag in target]
    ends = np.cumsum([len(target) for target in targets])
    return Labelled(flat, as_truth(task, tags), targets, ends)


@dataclass(frozen=True)
class Scaling:
    """Mean and deviation of each feature in training."""

    mean: np.ndarray
    deviation: np.ndarray

    @staticmethod
    def learn(features: np.ndarray) -> Scaling:
        """Take both from training rows; a feature that never changes is left alone."""
        mean = features.mean(axis=0, dtype=np.float64)
        square = np.square(features, dtype=np.float32).mean(axis=0, dtype=np.float64)
        deviation = np.sqrt(np.maximum(square - mean**2, 0))
        deviation[deviation < 1e-6] = 1.0
        return Scaling(mean.astype(np.float32), deviation.astype(np.float32))

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """The features with mean 0 and deviation 1, float32."""
        scaled = features.astype(np.float32)
        scaled -= self.mean
        scaled /= self.deviation
        return scaled

    def folded(self, model: Linear) -> Linear:
        """The same answers from features that are not scaled."""
        from polytask.learning.linear import Linear

        weight = model.weight / self.deviation[:, None]
        return Linear(weight, model.bias - self.mean @ weight)

    def folded_kernel(self, model: Kernel) -> Kernel:
        """The same answers of a kernel machine from features that are not scaled."""
        return replace(
            model,
            mean=self.mean + model.mean * self.deviation,
            directions=model.directions / self.deviation[:, None],
        )


def frozen_encoder(tasks: Sequence[Task], fold: Fold, context: Context) -> Encoder:
    """The encoder of probes, all of it fixed, so that a candidate need not save its weights.

    Texts of a pair are read each alone, and of images the middle layers count, too.

    Raises:
        ConfigError: Text and images together.
        MissingError: No weights; the message holds the command that gets them.
    """
    from polytask.learning.encoders.grid import Grid
    from polytask.learning.encoders.image import ImageEncoder
    from polytask.learning.encoders.siamese import Siamese
    from polytask.learning.encoders.text import TextEncoder
    from polytask.learning.fitting import encoder_of

    encoder = encoder_of(tasks, fold, context).to(context.device)
    if isinstance(encoder, TextEncoder) and all(_pair(task) for task in tasks):
        encoder = Siamese(encoder)
    if isinstance(encoder, ImageEncoder) and encoder.depth:
        encoder = Grid(encoder)
    encoder.requires_grad_(False)
    encoder.remember()
    encoder.eval()
    return encoder


def _pair(task: Task) -> bool:
    return len(task.inputs) == 2 and task.kind != "tagging"
