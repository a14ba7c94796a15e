"""Scores of parts on dev and test rows: gathered over folds, kept in safetensors files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from polytask.evaluation.decisions import decide, fit_decisions
from polytask.evaluation.prediction import scores_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from polytask.evaluation.prediction import Decisions, Prediction, Scores
    from polytask.learning.part import Part
    from polytask.tasks.task import Rows, Target, Task, TaskSet


@dataclass(frozen=True)
class Scored:
    """Scores of one task with the table positions of their rows, ascending."""

    positions: np.ndarray
    scores: Scores


@dataclass(frozen=True)
class Judged:
    """Scores of one task beside the targets and the table positions of the same rows."""

    task: Task
    scores: Scores
    truth: Sequence[Target]
    positions: np.ndarray

    def decisions(self) -> Decisions:
        """The decisions that suit these rows."""
        return fit_decisions(self.task, self.scores, self.truth)

    def answers(self) -> Prediction:
        """The answers by these decisions; for dev rows, where both arms are judged alike."""
        return decide(self.task, self.scores, self.decisions())

    def at(self, rows: np.ndarray) -> Judged:
        """These `rows` alone, by their place in the order here."""
        index = rows.tolist()
        return Judged(
            self.task,
            scores_of(self.scores, index),
            [self.truth[i] for i in index],
            self.positions[rows],
        )


def score_rows(part: Part, rows: Mapping[str, Rows], tasks: Sequence[str]) -> dict[str, Scored]:
    """Scores of the labelled rows of each of `tasks`; one pass of the part over each table."""
    found: dict[str, Scored] = {}
    for table in rows.values():
        names = [task for task in tasks if task in table.targets]
        if not names or not len(table):
            continue
        scores = part.scores(table.inputs, names)
        for name in names:
            labelled = [i for i, target in enumerate(table.targets[name]) if target is not None]
            found[name] = Scored(table.positions[labelled], scores_of(scores[name], labelled))
    return found


def gather(pieces: Iterable[Mapping[str, Scored]]) -> dict[str, Scored]:
    """Join the scores of several folds, rows in ascending position; a row counts once."""
    joined: dict[str, list[Scored]] = {}
    for piece in pieces:
        for name, scored in piece.items():
            joined.setdefault(name, []).append(scored)
    return {name: _join(parts) for name, parts in joined.items()}


def targets(taskset: TaskSet, task: str, split: str) -> tuple[list[Target], np.ndarray]:
    """Targets and positions of the labelled rows of `task` in `split` of any fold, ascending."""
    table = taskset.tables[taskset[task].table]
    member = np.zeros(len(table.final), dtype=bool)
    for assigned in table.splits:
        member |= assigned == split
    column = table.frame[task]
    positions = np.flatnonzero(member & column.is_not_null().to_numpy())
    return column[positions].to_list(), positions


def judged(taskset: TaskSet, task: str, split: str, scored: Scored) -> Judged:
    """Scores beside the targets of their rows.

    Raises:
        ValueError: They are not the scores of the labelled rows of `split`.
    """
    truth, positions = targets(taskset, task, split)
    if not np.array_equal(positions, scored.positions):
        raise ValueError(
            f"{task!r} has {len(positions)} labelled {split} rows; the {len(scored.positions)} "
            "scores are not of these rows"
        )
    return Judged(taskset[task], scored.scores, truth, positions)


def save(path: Path, found: Mapping[str, Scored]) -> None:
    """Write scores as safetensors: positions, flat values and, for tags, lengths a task."""
    from safetensors.numpy import save_file

    arrays: dict[str, np.ndarray] = {}
    for name, scored in found.items():
        arrays[f"{name}\tpositions"] = np.ascontiguousarray(scored.positions)
        if isinstance(scored.scores, list):
            lengths = np.array([len(item) for item in scored.scores], dtype=np.int64)
            arrays[f"{name}\tlengths"] = lengths
            arrays[f"{name}\tvalues"] = np.concatenate([*scored.scores, _empty(scored.scores)])
        else:
            arrays[f"{name}\tvalues"] = np.ascontiguousarray(scored.scores)
    save_file(arrays, path)


def load(path: Path) -> dict[str, Scored]:
    """Read what `save` wrote."""
    from safetensors.numpy import load_file

    arrays = load_file(path)
    found: dict[str, Scored] = {}
    for key in arrays:
        name, _, field = key.rpartition("\t")
        if field != "positions":
            continue
        values: Scores = arrays[f"{name}\tvalues"]
        if f"{name}\tlengths" in arrays:
            cuts = np.cumsum(arrays[f"{name}\tlengths"])[:-1]
            values = list(np.split(arrays[f"{name}\tvalues"], cuts))
        found[name] = Scored(arrays[key], values)
    return found


def _empty(scores: list[np.ndarray]) -> np.ndarray:
    width = scores[0].shape[1] if scores else 0
    return np.zeros((0, width), dtype=scores[0].dtype if scores else np.float32)


def _join(parts: list[Scored]) -> Scored:
    positions = np.concatenate([part.positions for part in parts])
    _, first = np.unique(positions, return_index=True)
    if isinstance(parts[0].scores, list):
        flat = [item for part in parts for item in part.scores]
        return Scored(positions[first], [flat[i] for i in first])
    values = np.concatenate([np.asarray(part.scores) for part in parts])
    return Scored(positions[first], values[first])
