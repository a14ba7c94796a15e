"""What proposers go by: facts of tasks, features of some of their rows, what trainings told."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np

from polytask.learning.samples import evenly

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from polytask.learning.probing import Labelled
    from polytask.learning.recipes.recipe import Context
    from polytask.tasks.task import Fold, Rows, Task

    Table = Mapping[str, Mapping[str, float]]  # by task, by other task

ROWS = 300
"""Rows of a table whose features are read: a mean over them tells tables apart."""
_TOKENS = 2_000  # tokens of a tagging task that probes learn from


@dataclass(frozen=True)
class Known:
    """What there is to go by; what is empty nobody can ask.

    Args:
        tasks: By name, in order.
        rows: By task how many rows it learns from.
        languages: By task the language of its table, "" where unknown.
        samples: By task features of some of its training rows, with their labels.
        affinity: By task, by other task, what a step for the first takes off the loss of the other
            (`moved.Gradients.affinities`).
        norms: By task the length of its gradient.
        cosines: By task, by each later one, the cosine of their gradients.
        projected: By task, by other task, what both learned together take off the task's loss
            (`linearised.Projection.gains`).
        curves: By group of tasks, sorted, by finished epoch of a short training, by task what it
            reached on dev.
        epochs: How long a training `curves` are to be gone on with for; 0 for twice as long.
    """

    tasks: Mapping[str, Task]
    rows: Mapping[str, int] = field(default_factory=dict)
    languages: Mapping[str, str] = field(default_factory=dict)
    samples: Mapping[str, Labelled] = field(default_factory=dict)
    affinity: Table = field(default_factory=dict)
    norms: Mapping[str, float] = field(default_factory=dict)
    cosines: Table = field(default_factory=dict)
    projected: Table = field(default_factory=dict)
    curves: Mapping[tuple[str, ...], Sequence[Mapping[str, float]]] = field(default_factory=dict)
    epochs: int = 0
    _recalled: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def alike(self) -> dict[tuple[str, str], float]:
        """By two tasks with samples, both ways, the cosine of the mean features of their inputs."""
        means = {task: _unit(one.features.mean(axis=0)) for task, one in self.samples.items()}
        return {(a, b): float(means[a] @ means[b]) for a, b in permutations(means, 2)}

    def recall(self, key: Any, make: Callable[[], Any]) -> Any:
        """What `make` gives, made once for `key`."""
        if key not in self._recalled:
            self._recalled[key] = make()
        return self._recalled[key]


def samples(tasks: Sequence[Task], fold: Fold, context: Context) -> dict[str, Labelled]:
    """Features of at most 300 training rows a table, by the frozen encoder that probes have.

    Args:
        tasks: Tasks that one encoder reads.
        fold: Their rows; those of dev are not looked at.
        context: Encoder, threads, device, cache of features.

    Raises:
        ConfigError: Text and images together.
        MissingError: No weights; the message holds the command that gets them.
    """
    from polytask.learning.precision import settle
    from polytask.learning.probing import Tables, frozen_encoder
    from polytask.tasks.task import Fold

    dtype = settle(context)
    few = Fold({table: _few(rows) for table, rows in fold.train.items()}, {})
    tables = Tables(tasks, few, frozen_encoder(tasks, few, context), context, dtype)
    found = {task.name: _tokens(tables.of(task, "train")) for task in tasks}
    return {task: one for task, one in found.items() if len(one.features) > 1}


def _few(rows: Rows) -> Rows:
    from polytask.tasks.task import Rows

    index = evenly(len(rows), ROWS)
    targets = {task: [values[i] for i in index] for task, values in rows.targets.items()}
    return Rows(rows.inputs.take(index), targets, rows.positions[index])


def _tokens(found: Labelled) -> Labelled:
    """Of a tagging task some tokens; others as they are."""
    from polytask.learning.probing import Labelled

    if found.ends is None:
        return found
    index = evenly(len(found.features), _TOKENS)
    return Labelled(found.features[index].astype(np.float32), found.truth[index], [])


def _unit(vector: np.ndarray) -> np.ndarray:
    flat = vector.astype(np.float64)
    return np.asarray(flat / max(1e-12, float(np.linalg.norm(flat))))
