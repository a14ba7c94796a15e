"""What a user writes about one task, before any data is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Entry:
    """One task as written by the user; empty where nothing is said.

    Args:
        name: The task.
        data: Split ("train", "dev", "test", or "" for files that are split here) to paths.
        inputs: Input columns.
        target: The target column.
        kind: What is predicted.
        metric: The primary metric.
        map: Raw label to label.
        labels: Labels in order, low to high for an ordinal task.
        folds: How many folds; 0 decides by the rows.
        split: A column that names the split of each row.
        group: A column whose rows are never torn apart.
        helps: Whether it may help other tasks and is not served.
        loss: Text form of the loss where an encoder is trained.
        more: Paths of rows that are learned from and never judge; splits are made without them.
        program: Path of the program that answers it, with ":" and a function where that has
            another name than the task; "" for a task that is answered by what is trained.
        distil: Whether a head may learn the program's answers and stand in for it.
        budget: What the program may use for a row, where that is not the usual.
        competes: Whether it answers only where that is better on dev than what is trained.
        steps: By word the path of a Python file that cleans or labels rows of training, or makes
            inputs.
    """

    name: str
    data: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    target: str = ""
    kind: str = ""
    metric: str = ""
    map: Mapping[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    folds: int = 0
    split: str = ""
    group: str = ""
    helps: bool = False
    loss: str = ""
    more: tuple[str, ...] = ()
    program: str = ""
    distil: bool = False
    budget: Mapping[str, float] = field(default_factory=dict)
    competes: bool = False
    steps: Mapping[str, str] = field(default_factory=dict)
