"""What dev says of a neural part while it trains, and what should warn its owner afterwards."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from polytask.evaluation.metrics import floor, metric
from polytask.evaluation.prediction import scores_of
from polytask.learning.samples import evenly
from polytask.learning.selection import as_answers, as_truth, quality

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from polytask.evaluation.prediction import Scores
    from polytask.learning.neural_part import NeuralPart
    from polytask.tasks.task import Fold, Rows, Target, Task

STILL = 0.005
"""A last epoch that gained more than this says that further epochs would gain too."""
OFTEN = 5
"""A class with fewer dev rows than this may go unpredicted without a warning."""
SAMPLE = 300
"""Training rows a table that are held against the floor."""


class DevRows:
    """Dev rows of a part, prepared once and scored after every epoch.

    Args:
        part: The part in training.
        fold: Its rows.
    """

    def __init__(self, part: NeuralPart, fold: Fold) -> None:
        self.part = part
        self.tables = {
            name: (part.encoder.prepare(rows.inputs), rows)
            for name, rows in fold.dev.items()
            if len(rows)
        }
        truth = {
            name: [target for target in targets if target is not None]
            for _, rows in self.tables.values()
            for name, targets in rows.targets.items()
            if name in part.heads
        }
        self.units = {name: _unit(part.tasks[name], targets) for name, targets in truth.items()}
        self.constant = {name for name in truth if len(set(map(str, truth[name]))) == 1}

    def qualities(self) -> dict[str, float]:
        """By task how good it is on dev, see `quality`; tasks without dev labels are left out."""
        return {
            task.name: quality(task, scores, targets) for task, scores, targets in self.answers()
        }

    def answers(self) -> Iterator[tuple[Task, Scores, list[Target]]]:
        """Task by task the scores and targets of the dev rows that carry a label."""
        for prepared, rows in self.tables.values():
            names = [name for name in rows.targets if name in self.part.heads]
            scores = self.part.prepared_scores(prepared, names)
            for name in names:
                known = [i for i, target in enumerate(rows.targets[name]) if target is not None]
                if known:
                    targets = [t for t in rows.targets[name] if t is not None]
                    yield self.part.tasks[name], scores_of(scores[name], known), targets

    def metrics(self, qualities: Mapping[str, float]) -> dict[str, float]:
        """The qualities as primary metrics, errors positive; undefined ones are left out."""
        return {
            name: metric(self.part.tasks[name].metric).sign * value
            for name, value in qualities.items()
            if math.isfinite(value)
        }

    def gaps(self, qualities: Mapping[str, float]) -> dict[str, float]:
        """By task what it lacks to perfection; 1 where the metric is undefined."""
        best = {
            name: float(metric(self.part.tasks[name].metric).higher_is_better) for name in qualities
        }
        return {
            name: best[name] - value / self.units[name] if math.isfinite(value) else 1.0
            for name, value in qualities.items()
        }

    def mean(self, qualities: Mapping[str, float]) -> float | None:
        """The mean of the qualities; `None` where dev cannot tell.

        Errors count in deviations of their targets, so that they stand beside fractions. An
        undefined metric makes the mean the worst there is; where the targets are all the same it
        says nothing about the part and is left out.
        """
        told = [
            value / self.units[name]
            for name, value in qualities.items()
            if math.isfinite(value) or name not in self.constant
        ]
        return sum(told) / len(told) if told else None


def findings(
    part: NeuralPart, fold: Fold, dev: DevRows, history: Sequence[float], epochs: int
) -> list[str]:
    """Sentences about signs that the recipe did not fit.

    Args:
        part: The trained part.
        fold: Its rows.
        dev: Its dev rows.
        history: By epoch the mean quality on dev.
        epochs: How many epochs the recipe allows.
    """
    notes = []
    gain = history[-1] - max(history[:-1]) if len(history) == epochs > 1 else 0.0
    if STILL < gain < math.inf:  # infinite after a metric that was undefined
        notes.append(
            f"Dev still gained {100 * gain:.1f} points in the last epoch: more epochs may help"
        )
    for task, scores, targets in dev.answers():
        notes += _silent_classes(task, scores, targets)
    for rows in fold.train.values():
        notes += _below_floor(part, rows)
    return notes


def _silent_classes(task: Task, scores: Scores, targets: Sequence[Target]) -> list[str]:
    """A note for classes that dev has and the part never answers."""
    if task.kind == "regression":
        return []
    given = set(_flat(as_answers(task, scores, targets).labels))
    counts = Counter(_flat(targets))
    silent = sorted(label for label, n in counts.items() if n >= OFTEN and label not in given)
    if not silent:
        return []
    shown = ", ".join(repr(label) for label in silent[:5]) + (", …" if len(silent) > 5 else "")
    number = f"{len(silent)} of {len(counts)} classes"
    return [f"{task.name}: {number} are never predicted on dev ({shown})"]


def _below_floor(part: NeuralPart, rows: Rows) -> list[str]:
    """Notes for tasks that do not even on training rows beat an answer that ignores the input."""
    notes = []
    for name in rows.targets:
        if name not in part.heads:
            continue
        task, known = part.tasks[name], rows.labelled(name)
        index = evenly(len(known), SAMPLE)
        targets = [t for t in (known.targets[name][i] for i in index) if t is not None]
        if not targets:
            continue
        sign = metric(task.metric).sign
        reached = sign * quality(task, part.scores(known.inputs.take(index), [name])[name], targets)
        least = floor(task, targets, targets)
        if math.isfinite(reached) and sign * reached < sign * least:
            notes.append(
                f"{name}: even on training rows {task.metric} is {reached:.3f}, below the "
                f"{least:.3f} of an answer that ignores the input; the recipe does not fit"
            )
    return notes


def _unit(task: Task, targets: Sequence[Target]) -> float:
    """What the primary metric is counted in: an error in deviations of the targets."""
    if metric(task.metric).higher_is_better or not targets:
        return 1.0
    return float(np.std(as_truth(task, targets))) or 1.0


def _flat(targets: Sequence[Target]) -> Iterator[str]:
    for target in targets:
        if isinstance(target, list):
            yield from target
        elif isinstance(target, str):
            yield target
