"""The values everything speaks of: columns, inputs, rows, tasks, tables and task sets.

A *table* is one input group: rows that share the same input columns and one split. Several tasks
may stand on one table (intent and slots of the same sentence); a row may lack any label.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    import polars as pl

    from polytask.tasks.entry import Entry

Kind = Literal["binary", "multiclass", "multilabel", "regression", "ordinal", "tagging", "program"]
KINDS: tuple[Kind, ...] = tuple(kind for kind in get_args(Kind) if kind != "program")
"""Kinds of tasks that can be learned and measured; what a program returns may be anything."""
Modality = Literal["text", "image"]
Split = Literal["train", "dev", "test"]
Target: TypeAlias = "str | float | list[str]"
"""A label (binary, multiclass, ordinal), a number (regression), labels or tags (a list)."""

METRICS: dict[Kind, tuple[str, ...]] = {
    "binary": ("accuracy", "macro_f1", "mcc", "auroc"),
    "multiclass": ("accuracy", "macro_f1", "mcc"),
    "multilabel": ("macro_f1", "micro_f1", "accuracy"),
    "regression": ("r2", "pearson", "spearman", "mae", "rmse"),
    "ordinal": ("quadratic_kappa", "accuracy", "macro_f1", "mae"),
    "tagging": ("span_f1", "accuracy", "macro_f1"),
}
"""Primary metrics a task may have, by kind; the first is the default (plain tags: accuracy)."""


@dataclass(frozen=True)
class Column:
    """An input column.

    Args:
        name: Its name.
        modality: What it holds.
        tokens: Whether text comes as a list of tokens.
        code: Text of the Python file that makes it of the others (`tasks.features`); "" for a
            column that rows bring.
    """

    name: str
    modality: Modality = "text"
    tokens: bool = False
    code: str = ""


@dataclass(frozen=True)
class Inputs:
    """Columns of inputs, without labels: what a part predicts from.

    Args:
        columns: The input columns, in order.
        values: By column name one value a row: `str`, a list of tokens (`list[str]`), or an image
            as encoded `bytes` or a `Path`.
    """

    columns: tuple[Column, ...]
    values: Mapping[str, Sequence[Any]]

    def __len__(self) -> int:
        return len(self.values[self.columns[0].name])

    def take(self, index: Sequence[int] | np.ndarray) -> Inputs:
        """The rows at `index`, in that order."""
        chosen = [int(i) for i in index]
        values = {name: [column[i] for i in chosen] for name, column in self.values.items()}
        return Inputs(self.columns, values)

    def keys(self) -> list[str]:
        """A content key a row (32 hex digits): equal for equal inputs, whatever their file.

        Of an image given by its path the file is read; where that fails, the path stands for it.
        """
        columns = [self.values[column.name] for column in self.columns]
        return [_key(row) for row in zip(*columns, strict=True)]


@dataclass(frozen=True)
class Rows:
    """Rows of one table with the labels of some of its tasks.

    Args:
        inputs: The inputs of the rows.
        targets: By task name one target a row; `None` where the row has no label for the task.
        positions: The rows' numbers in the table.
    """

    inputs: Inputs
    targets: Mapping[str, Sequence[Target | None]]
    positions: np.ndarray

    def __len__(self) -> int:
        return len(self.positions)

    def labelled(self, task: str) -> Rows:
        """The rows that carry a label for `task`, with that task's targets alone."""
        index = [i for i, target in enumerate(self.targets[task]) if target is not None]
        targets = {task: [self.targets[task][i] for i in index]}
        return Rows(self.inputs.take(index), targets, self.positions[index])


@dataclass(frozen=True)
class Task:
    """One learning task.

    Args:
        name: Unique in its task set.
        table: The table its rows stand in.
        inputs: Its input columns (those of the table).
        target: The column the labels were read from.
        kind: What is predicted.
        metric: The primary metric, one of `METRICS[kind]`.
        labels: The classes, labels or tags in a fixed order, as seen in training; empty for
            regression. Ordinal labels stand from low to high.
        reason: Why this kind: a sentence for the report.
        loss: Text form of its loss where a recipe names none; "" for that of its kind.
        loss_code: Text of the Python file that computes its loss instead (`tasks.custom_loss`).
    """

    name: str
    table: str
    inputs: tuple[Column, ...]
    target: str
    kind: Kind
    metric: str
    labels: tuple[str, ...] = ()
    reason: str = ""
    loss: str = ""
    loss_code: str = ""

    @property
    def brought(self) -> tuple[Column, ...]:
        """The input columns that rows bring; code makes the others of them."""
        return tuple(column for column in self.inputs if not column.code)

    def lacking(self, columns: Collection[str]) -> list[str]:
        """The names of input columns that rows must bring and that are not among `columns`."""
        return [column.name for column in self.brought if column.name not in columns]

    @property
    def bio(self) -> bool:
        """Whether the tags mark spans in the BIO scheme."""
        return self.kind == "tagging" and any(tag.startswith("B-") for tag in self.labels)


@dataclass(frozen=True)
class Table:
    """Rows with the same input columns, the labels of their tasks, and how they are split.

    Args:
        name: Unique in its task set.
        columns: The input columns.
        frame: The input columns, and one column a task (named like the task) whose values are
            targets: strings, floats or lists of strings; null where there is no label.
        splits: One array a fold, of "train", "dev", "test" or "" (left out); a single one where
            there is one fixed split.
        final: The split for the model that is delivered: the only one of `splits`, or, with
            folds, all rows in "train" and "dev".
        language: ISO 639-1 code of the text ("en", "zh", …), "" where unknown or no text.
        group: The column rows were grouped by when split, or "".
        groups: The group of each row; empty where `group` is.
    """

    name: str
    columns: tuple[Column, ...]
    frame: pl.DataFrame
    splits: tuple[np.ndarray, ...]
    final: np.ndarray
    language: str = ""
    group: str = ""
    groups: Sequence[object] = ()

    @property
    def folds(self) -> int:
        """How many folds; 1 means a fixed split."""
        return len(self.splits)


@dataclass(frozen=True)
class Fold:
    """What a recipe may see: training and dev rows by table, never a test row."""

    train: Mapping[str, Rows]
    dev: Mapping[str, Rows]


@dataclass(frozen=True)
class Finding:
    """Something the user should know about the data.

    Args:
        code: A short fixed name, e.g. "duplicate", "leak", "bad_row", "conflict", "rare_class".
        message: A sentence with figures, the place (file, row, column) and what was done.
        where: File, table, column or task.
        count: How many rows.
        severity: "info" or "warning".
    """

    code: str
    message: str
    where: str = ""
    count: int = 0
    severity: Literal["info", "warning"] = "warning"


@dataclass(frozen=True)
class TaskSet:
    """Tasks and the tables they stand on; a mapping from name to `Task`.

    It iterates over the tasks that are served; helpers are found by name.

    Args:
        tasks: The tasks by name, in order.
        tables: The tables by name.
        findings: What loading noticed.
        source: Text that names where it came from (a path, or "memory").
        origins: By task how a task file names its data; empty for data in memory.
        recipes: What a plan tries beside its own settings, in text form.
        helpers: By name tasks that may help the others and are not served; they have training rows
            alone.
        unmeasured: By name programs without a target: they are served, and neither learned nor
            measured.
        stepped: What came of the steps of a task file, by a key; see `tasks.steps`.
    """

    tasks: Mapping[str, Task]
    tables: Mapping[str, Table]
    findings: tuple[Finding, ...] = field(default=(), compare=False)
    source: str = "memory"
    origins: Mapping[str, Entry] = field(default_factory=dict, compare=False)
    recipes: tuple[str, ...] = field(default=(), compare=False)
    helpers: Mapping[str, Task] = field(default_factory=dict)
    unmeasured: Mapping[str, Task] = field(default_factory=dict)
    stepped: Mapping[str, list[Any]] = field(default_factory=dict, compare=False)

    def __iter__(self) -> Iterator[str]:
        return iter(self.tasks)

    def __len__(self) -> int:
        return len(self.tasks)

    def __getitem__(self, name: str) -> Task:
        return {**self.helpers, **self.unmeasured}.get(name) or self.tasks[name]

    @property
    def programs(self) -> dict[str, str]:
        """By task that is answered by a program its path and function, as in `Entry`."""
        return {name: entry.program for name, entry in self.origins.items() if entry.program}

    @property
    def learned(self) -> TaskSet:
        """Without the tasks that a program alone answers: their inputs are of several modalities.

        Of the other programs' targets models are learned too, to compare the programs with.
        """

        def mixed(name: str) -> bool:
            return len({column.modality for column in self.tasks[name].inputs}) > 1

        left = {name for name in self.programs if name in self.tasks and mixed(name)}
        tasks = {name: task for name, task in self.tasks.items() if name not in left}
        return replace(self, tasks=tasks)

    def folds(self, names: Sequence[str]) -> int:
        """How many fits an out-of-fold estimate of `names` takes; 1 with fixed splits."""
        return max(self.tables[self[name].table].folds for name in names)

    def fold(self, names: Sequence[str], number: int | None = None) -> Fold:
        """Training and dev rows of `names` in fold `number`; `None` is the final split."""
        return Fold(self._part(names, "train", number), self._part(names, "dev", number))

    def test(self, names: Sequence[str], number: int = 0) -> dict[str, Rows]:
        """Test rows of `names` by table in fold `number`; opened by the final evaluation only."""
        return self._part(names, "test", number)

    def _part(self, names: Sequence[str], split: Split, number: int | None) -> dict[str, Rows]:
        grouped: dict[str, list[str]] = {}
        for name in names:
            grouped.setdefault(self[name].table, []).append(name)
        return {
            key: _rows(self.tables[key], tasks, split, number) for key, tasks in grouped.items()
        }


def _rows(table: Table, tasks: Sequence[str], split: Split, number: int | None) -> Rows:
    assigned = table.final if number is None else table.splits[min(number, table.folds - 1)]
    labelled = np.zeros(len(assigned), dtype=bool)
    for task in tasks:
        labelled |= table.frame[task].is_not_null().to_numpy()
    positions = np.flatnonzero((assigned == split) & labelled)
    frame = table.frame[positions]
    values = {
        column.name: _values(frame[column.name].to_list(), column) for column in table.columns
    }
    targets = {task: frame[task].to_list() for task in tasks}
    return Rows(Inputs(table.columns, values), targets, positions)


def _values(values: list[Any], column: Column) -> list[Any]:
    if column.modality == "image":
        return [Path(value) if isinstance(value, str) else value for value in values]
    return values


def _key(row: tuple[Any, ...]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for value in row:
        data = _data(value)
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def _data(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, Path):
        # An encoder makes a blank image of a file that it cannot read, so this is no error here.
        with contextlib.suppress(OSError):
            return value.read_bytes()
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, list) else str(value)
    return text.encode()
