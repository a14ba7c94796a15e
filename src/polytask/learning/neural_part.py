"""A neural part: one encoder and a head a task, answering all its tasks in one encoder pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from polytask.learning import neural_files
from polytask.learning.batches import bucketed
from polytask.learning.heads import BY_KIND, HEADS
from polytask.learning.heads.choosing import chosen
from polytask.learning.part import Part
from polytask.learning.precision import autocast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from polytask.evaluation.prediction import Scores
    from polytask.learning.encoders.encoder import Encoder, Features, Prepared
    from polytask.learning.encoders.marks import Cut
    from polytask.learning.heads.head import Head
    from polytask.learning.losses.loss import Loss
    from polytask.tasks.task import Inputs, Task

BATCH = 64
"""Rows a batch in prediction."""


@dataclass(frozen=True)
class Encoded:
    """Features of rows as arrays.

    Args:
        vectors: `(n, d)` float32.
        tokens: One `(t, d)` float32 array a row, one line a token of the user; `None` where not
            asked for or where the input is no list of tokens.
        marks: Which rows were not read as they are (`encoders.marks`), `(n,)`.
    """

    vectors: np.ndarray
    tokens: list[np.ndarray] | None
    marks: np.ndarray


class NeuralPart(Part):
    """An encoder with heads; heads can be added, dropped and loaded one by one.

    Args:
        encoder: The shared encoder.
        heads: By task name the head that answers it.
        recipe: The text form of the recipe that made it.
        dtype: "float32" or "bfloat16": how the encoder computes.
        passes: By task how often training saw each of its rows; empty where unknown.

    Attributes:
        cut: How many of its training and dev rows were not read as they are; known only where the
            part was trained, not where it was loaded.
    """

    def __init__(
        self,
        encoder: Encoder,
        heads: Mapping[str, Head],
        *,
        recipe: str = "",
        dtype: str = "float32",
        passes: Mapping[str, float] | None = None,
    ) -> None:
        self.encoder = encoder
        self.heads = dict(heads)
        self.recipe = recipe
        self.dtype = dtype
        self.passes = dict(passes or {})
        self.cut: Cut = {}
        self.moved: dict[str, Any] = {}

    @property
    def tasks(self) -> Mapping[str, Task]:  # type: ignore[override]
        """The tasks it answers, by name."""
        return {name: head.task for name, head in self.heads.items()}

    @property
    def parameters(self) -> int:
        """Numbers in encoder and heads."""
        modules = [self.encoder, *self.heads.values()]
        return sum(value.numel() for module in modules for value in module.parameters())

    def add(self, head: Head) -> None:
        """Answer one more task; the answers of the others stay as they are to the last bit."""
        self.heads[head.task.name] = head

    def drop(self, task: str) -> Head:
        """Give up a task; gives its head."""
        return self.heads.pop(task)

    def only(self, tasks: Sequence[str]) -> NeuralPart:
        """The same encoder with the heads of `tasks` alone."""
        return NeuralPart(
            self.encoder,
            {name: self.heads[name] for name in tasks},
            recipe=self.recipe,
            dtype=self.dtype,
            passes={name: value for name, value in self.passes.items() if name in tasks},
        )

    def scores(self, inputs: Inputs, tasks: Sequence[str]) -> dict[str, Scores]:
        """Scores of `tasks` for each row, from one encoder pass."""
        return self.prepared_scores(self.encoder.prepare(inputs), tasks)

    def prepared_scores(self, prepared: Prepared, tasks: Sequence[str]) -> dict[str, Scores]:
        """`scores` of rows that the encoder has prepared before."""
        found: dict[str, list[Any]] = {name: [None] * len(prepared) for name in tasks}
        for head in (self.heads[name] for name in tasks):
            head.eval()
        for names in self.encoder.voices(tasks):
            self.encoder.speak(names)
            for index, features in feature_batches(self.encoder, prepared, self.dtype):
                for name in names:
                    head = self.heads[name]
                    with torch.no_grad():
                        rows = head.scores(head(features), features.mask)
                    for i, row in zip(index, rows, strict=True):
                        found[name][i] = row
        return {name: self._joined(name, rows) for name, rows in found.items()}

    def save(self, folder: Path, *, complete: bool = True) -> None:
        """Write the part into the empty `folder`.

        Args:
            folder: Where to.
            complete: Write the whole encoder; else only what differs from the weights it began
                from, whose name and digest are kept (for candidates, to spare the disk).
        """
        neural_files.save(self, folder, complete=complete)

    @classmethod
    def load(cls, folder: Path, *, encoder: Encoder | None = None) -> NeuralPart:
        """Read a part; runs no code from the folder.

        Args:
            folder: Where `save` wrote.
            encoder: The encoder, where the caller has the very same at hand already.

        Raises:
            ModelError: Something missing, damaged, foreign or newer.
        """
        found, heads, facts = neural_files.load(folder, encoder)
        return cls(found, heads, **facts)

    def _joined(self, name: str, rows: list[Any]) -> Scores:
        if self.heads[name].tokenwise:
            return rows
        if not rows:
            return np.zeros((0, len(self.heads[name].task.labels)) if self._classes(name) else (0,))
        return np.stack(rows)

    def _classes(self, name: str) -> bool:
        return bool(self.heads[name].task.labels)


def feature_batches(
    encoder: Encoder, prepared: Prepared, dtype: str = "float32"
) -> Iterator[tuple[np.ndarray, Features]]:
    """Features of all rows without gradient, in batches of like length: rows and features."""
    encoder.eval()
    device = encoder.device
    for index in bucketed(prepared.lengths, BATCH):
        batch = encoder.collate(prepared, index.tolist())
        with torch.no_grad(), autocast(device.type, dtype):
            features = encoder({name: value.to(device) for name, value in batch.items()})
        yield index, features


def encode(
    encoder: Encoder, inputs: Inputs, *, dtype: str = "float32", tokens: bool = False
) -> Encoded:
    """Features of all rows as arrays; `tokens` asks for those of the user's tokens too."""
    prepared = encoder.prepare(inputs)
    vectors = np.zeros((len(prepared), encoder.dim), dtype=np.float32)
    lines: list[np.ndarray] = [np.zeros((0, encoder.dim), dtype=np.float32)] * len(prepared)
    aligned = False
    for index, features in feature_batches(encoder, prepared, dtype):
        vectors[index] = features.vector.float().cpu().numpy()
        if tokens and features.tokens is not None and features.mask is not None:
            aligned = True
            every, lengths = features.tokens.float().cpu().numpy(), features.mask.sum(1).tolist()
            for i, row, length in zip(index, every, lengths, strict=True):
                lines[i] = row[:length].copy()
    return Encoded(vectors, lines if aligned else None, prepared.marked)


def head_for(task: Task, dim: int, loss: Loss | None = None) -> Head:
    """A fresh head of the kind that the loss of `task` needs (`chosen`), else the usual one."""
    found = chosen(task, loss)
    wanted = found.head if found is not None else ""
    head: Head = HEADS.load(wanted or BY_KIND[task.kind])(task, dim)
    return head


def linear_head(task: Task, weight: np.ndarray, bias: np.ndarray) -> Head:
    """A head that computes `weight @ features + bias` in the unit of the target.

    Args:
        task: Any task; an ordinal one gets a class each.
        weight: `(classes, d)`, `(labels, d)`, `(tags, d)` or for regression `(1, d)`.
        bias: One number a line of `weight`.
    """
    name = "Classification" if task.kind == "ordinal" else BY_KIND[task.kind]
    head: Any = HEADS.load(name)(task, weight.shape[1])
    with torch.no_grad():
        head.linear.weight.copy_(torch.as_tensor(np.asarray(weight)))
        head.linear.bias.copy_(torch.as_tensor(np.asarray(bias)))
    found: Head = head.eval()
    return found


def merge(parts: Sequence[NeuralPart]) -> list[NeuralPart]:
    """Parts over the very same encoder weights become one part with the heads of all.

    The first part of each group gives recipe and number format; with a task in two of them the
    first stays.
    """
    groups: dict[tuple[str, str], NeuralPart] = {}
    for part in parts:
        key = (part.encoder.digest(), part.dtype)
        if key not in groups:
            groups[key] = NeuralPart(
                part.encoder, part.heads, recipe=part.recipe, dtype=part.dtype, passes=part.passes
            )
            continue
        known = groups[key]
        known.heads |= {name: h for name, h in part.heads.items() if name not in known.heads}
        known.passes = {**part.passes, **known.passes}
    return list(groups.values())
