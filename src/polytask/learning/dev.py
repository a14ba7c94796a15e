"""What dev says of a neural part while it trains, and what should warn its owner afterwards."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

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

    def metrics(self) -> dict[str, float]:
        """By task its primary metric on dev; tasks without dev labels are left out."""
        from polytask.evaluation.decisions import decide
        from polytask.evaluation.metrics import score

        found = {}
        for task, scores, targets in self.answers():
            value = score(task, targets, decide(task, scores))
            found[task.name] = value if np.isfinite(value) else 0.0
        return found

    def answers(self) -> Iterator[tuple[Task, Scores, list[Target]]]:
        """Task by task the scores and targets of the dev rows that carry a label."""
        for prepared, rows in self.tables.values():
            names = [name for name in rows.targets if name in self.part.heads]
            scores = self.part.prepared_scores(prepared, names)
            for name in names:
                known = [i for i, target in enumerate(rows.targets[name]) if target is not None]
                if known:
                    targets = [t for t in rows.targets[name] if t is not None]
                    yield self.part.tasks[name], _taken(scores[name], known), targets

    def mean(self, metrics: Mapping[str, float]) -> float | None:
        """The mean of the metrics, errors counted as negative; `None` without dev rows."""
        from polytask.evaluation.metrics import metric

        tasks = self.part.tasks
        signed = [
            value if metric(tasks[name].metric).higher_is_better else -value
            for name, value in metrics.items()
        ]
        return float(np.mean(signed)) if signed else None


def findings(
    part: NeuralPart, fold: Fold, dev: DevRows, history: Sequence[float], epochs: int
) -> list[str]:
    """Sentences about signs that the recipe did not fit.

    Args:
        part: The trained part.
        fold: Its rows.
        dev: Its dev rows.
        history: By epoch the mean dev metric.
        epochs: How many epochs the recipe allows.
    """
    notes = []
    if len(history) == epochs > 1 and history[-1] - max(history[:-1]) > STILL:
        gain = 100 * (history[-1] - max(history[:-1]))
        notes.append(f"Dev still gained {gain:.1f} points in the last epoch: more epochs may help")
    for task, scores, targets in dev.answers():
        notes += _silent_classes(task, scores, targets)
    for rows in fold.train.values():
        notes += _below_floor(part, rows)
    return notes


def _silent_classes(task: Task, scores: Scores, targets: Sequence[Target]) -> list[str]:
    """A note for classes that dev has and the part never answers."""
    from polytask.evaluation.decisions import decide

    if task.kind == "regression":
        return []
    given = set(_flat(decide(task, scores).labels))
    counts = Counter(_flat(targets))
    silent = sorted(label for label, n in counts.items() if n >= OFTEN and label not in given)
    if not silent:
        return []
    shown = ", ".join(repr(label) for label in silent[:5]) + (", …" if len(silent) > 5 else "")
    number = f"{len(silent)} of {len(counts)} classes"
    return [f"{task.name}: {number} are never predicted on dev ({shown})"]


def _below_floor(part: NeuralPart, rows: Rows) -> list[str]:
    """Notes for tasks that do not even on training rows beat an answer that ignores the input."""
    from polytask.evaluation.decisions import decide
    from polytask.evaluation.metrics import floor, metric, score

    notes = []
    for name in rows.targets:
        if name not in part.heads:
            continue
        task, known = part.tasks[name], rows.labelled(name)
        sample = known.inputs.take(range(min(SAMPLE, len(known))))
        targets = [t for t in known.targets[name][: len(sample)] if t is not None]
        if not targets:
            continue
        reached = score(task, targets, decide(task, part.scores(sample, [name])[name]))
        least = floor(task, targets, targets)
        sign = 1 if metric(task.metric).higher_is_better else -1
        if sign * reached < sign * least:
            notes.append(
                f"{name}: even on training rows {task.metric} is {reached:.3f}, below the "
                f"{least:.3f} of an answer that ignores the input; the recipe does not fit"
            )
    return notes


def _taken(scores: Scores, index: Sequence[int]) -> Scores:
    return [scores[i] for i in index] if isinstance(scores, list) else scores[list(index)]


def _flat(targets: Sequence[Target]) -> Iterator[str]:
    for target in targets:
        if isinstance(target, list):
            yield from target
        elif isinstance(target, str):
            yield target
