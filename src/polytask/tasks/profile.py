"""What is in a task set: the figures `polytask check` prints and the planner reads."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from polytask.tasks.task import Finding, Table, Task, TaskSet

FORMAT = 1
WORD = r"[\u3040-\u30ff\u4e00-\u9fff]|[^\s\u3040-\u30ff\u4e00-\u9fff]+"


@dataclass(frozen=True)
class TaskProfile:
    """Figures of one task. Rows are labelled rows; with folds they are those of the first fold.

    Args:
        name: The task.
        kind: What is predicted.
        metric: The primary metric.
        reason: Why this kind.
        table: The table it stands on; tasks with one table share their rows.
        modality: "text", "tokens" or "image".
        columns: The input columns.
        language: ISO 639-1 code, "" where unknown or no text.
        n_train: Labelled rows to learn from, in fold 0.
        n_dev: Labelled rows to decide on, in fold 0.
        n_test: Labelled rows to judge on: the test split, or all rows where there are folds.
        unlabelled: Training rows without a label for this task.
        classes: By class, label or tag how often it occurs in training; empty for regression.
        imbalance: Most frequent over rarest class; 1.0 is balanced, 0.0 for regression.
        target_mean: Regression: mean of the training targets, else `None`.
        target_sd: Regression: standard deviation of the training targets, else `None`.
        mean_length: Mean length of the inputs in words (characters of Chinese or Japanese count
            as words); 0.0 for images.
        p95_length: 95th percentile of the lengths.
        max_length: The longest.
        folds: How many folds; 1 is a fixed split.
        group: The column rows were grouped by, or "".
        duplicates: Rows whose input occurs in an earlier row of the table.
        leaks: Rows left out of training or dev since their input or group stands in dev or
            test.
        conflicts: Rows whose input also stands with another label in the same split.
        unseen: Test labels that training never had.
        loss: Text form of the loss that the task file names, or "".
        alike: By other table how alike its inputs are, 0 to 1; see `similarity.similarities`.
    """

    name: str
    kind: str
    metric: str
    reason: str
    table: str
    modality: str
    columns: tuple[str, ...]
    language: str
    n_train: int
    n_dev: int
    n_test: int
    unlabelled: int
    classes: Mapping[str, int]
    imbalance: float
    target_mean: float | None
    target_sd: float | None
    mean_length: float
    p95_length: float
    max_length: int
    folds: int
    group: str
    duplicates: int
    leaks: int
    conflicts: int
    unseen: tuple[str, ...]
    loss: str = ""
    alike: Mapping[str, float] = field(default_factory=dict)

    @property
    def family(self) -> str:
        """What one encoder can read together: "image", "English" or "multilingual"."""
        if self.modality == "image":
            return "image"
        return "English" if self.language == "en" else "multilingual"

    def facts(self) -> dict[str, object]:
        """What the operation `profile` of a plan gives: the figures a plan decides on."""
        names = ("kind", "metric", "table", "language", "modality", "mean_length", "folds")
        facts: dict[str, object] = {name: getattr(self, name) for name in names}
        sizes = {"train": self.n_train, "dev": self.n_dev, "test": self.n_test}
        return {**facts, **sizes, "classes": len(self.classes)}


@dataclass(frozen=True)
class Hint:
    """A recipe that something other than the user proposes for tasks of a modality.

    Args:
        recipe: Its text form.
        why: A phrase for the plan.
        modality: "text" or "image": what the tasks read.
    """

    recipe: str
    why: str
    modality: str


@dataclass(frozen=True)
class Profile:
    """The profiles of all tasks of a set, what loading noticed, and the recipes to try.

    It iterates over the tasks that are served; `helpers` are those of the others. `recipes` are
    asked for by the user; `hints`, and the tasks `answered` by programs, are given for a plan to be
    written and are no part of the JSON.
    """

    tasks: Mapping[str, TaskProfile]
    findings: tuple[Finding, ...] = ()
    source: str = "memory"
    recipes: tuple[str, ...] = ()
    helpers: Mapping[str, TaskProfile] = field(default_factory=dict)
    hints: tuple[Hint, ...] = ()
    answered: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[str]:
        return iter(self.tasks)

    def __len__(self) -> int:
        return len(self.tasks)

    def __getitem__(self, name: str) -> TaskProfile:
        return self.helpers[name] if name in self.helpers else self.tasks[name]

    def helping(self, task: str) -> dict[str, list[TaskProfile]]:
        """By set the helpers that one encoder can read together with `task`.

        Tags are read off words and labels off whole texts: one says little about the other.
        """
        target = self.tasks[task]
        found: dict[str, list[TaskProfile]] = {}
        for one in self.helpers.values():
            alike = (one.kind == "tagging") == (target.kind == "tagging")
            if alike and _reader(one) == _reader(target):
                found.setdefault(one.table, []).append(one)
        return found

    def to_json(self) -> dict[str, Any]:
        """A dictionary that JSON can hold; `from_json` reads it back."""
        return {
            "format": FORMAT,
            "source": self.source,
            "tasks": {name: asdict(task) for name, task in self.tasks.items()},
            "helpers": {name: asdict(task) for name, task in self.helpers.items()},
            "findings": [asdict(finding) for finding in self.findings],
            "recipes": list(self.recipes),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | str) -> Profile:
        """The profile that `to_json` wrote, as a dictionary or as JSON text."""
        from polytask.tasks.task import Finding

        read: Mapping[str, Any] = json.loads(data) if isinstance(data, str) else data
        tasks = {name: _task_from_json(task) for name, task in read["tasks"].items()}
        helpers = {name: _task_from_json(task) for name, task in read.get("helpers", {}).items()}
        findings = tuple(Finding(**finding) for finding in read["findings"])
        recipes = tuple(read.get("recipes", ()))
        return cls(tasks, findings, read["source"], recipes, helpers)


def _reader(task: TaskProfile) -> str:
    """The encoder of a task; one for English reads texts of unknown language too."""
    return "English" if task.family != "image" and not task.language else task.family


def profile(taskset: TaskSet) -> Profile:
    """Figures of every task: rows a split, classes, imbalance, lengths, languages, duplicates.

    Args:
        taskset: What `load` gave.

    >>> from polytask.tasks import load
    >>> rows = [{"text": f"{w} day {i}", "label": w} for i in range(50) for w in ("good", "bad")]
    >>> figures = profile(load(rows))
    >>> figures["label"].kind, dict(figures["label"].classes), figures["label"].n_test
    ('binary', {'bad': 30, 'good': 30}, 100)
    """
    from polytask.tasks.similarity import similarities

    keys = {name: _normal_keys(table) for name, table in taskset.tables.items()}
    lengths = {name: _lengths(table) for name, table in taskset.tables.items()}
    served = {task.table: taskset.tables[task.table] for task in taskset.tasks.values()}
    alike = similarities(served)
    found = {
        name: replace(
            _profile(task, taskset.tables[task.table], keys[task.table], lengths[task.table]),
            alike=alike.get(task.table, {}),
        )
        for name, task in {**taskset.tasks, **taskset.helpers}.items()
    }
    tasks, helpers = ({name: found[name] for name in of} for of in (taskset, taskset.helpers))
    return Profile(tasks, taskset.findings, taskset.source, taskset.recipes, helpers)


def _profile(task: Task, table: Table, keys: Sequence[str], lengths: np.ndarray) -> TaskProfile:
    split = table.splits[0]
    targets = table.frame[task.name].to_list()
    filled = np.array([target is not None for target in targets], dtype=bool)
    train = [targets[i] for i in np.flatnonzero(filled & (split == "train"))]
    test = np.flatnonzero(filled if table.folds > 1 else filled & (split == "test"))
    classes = _classes(task, train)
    numbers = np.array(train, dtype=float) if task.kind == "regression" and train else None
    known = set(task.labels)
    return TaskProfile(
        name=task.name,
        kind=task.kind,
        metric=task.metric,
        reason=task.reason,
        table=task.table,
        modality=_modality(task),
        columns=tuple(column.name for column in task.inputs),
        language=table.language,
        n_train=len(train),
        n_dev=int((filled & (split == "dev")).sum()),
        n_test=len(test),
        unlabelled=int((~filled & (split == "train")).sum()),
        classes=classes,
        imbalance=_imbalance(classes),
        target_mean=None if numbers is None else round(float(numbers.mean()), 6),
        target_sd=None if numbers is None else round(float(numbers.std()), 6),
        mean_length=round(float(lengths.mean()), 2) if len(lengths) else 0.0,
        p95_length=round(float(np.percentile(lengths, 95)), 1) if len(lengths) else 0.0,
        max_length=int(lengths.max()) if len(lengths) else 0,
        folds=table.folds,
        group=table.group,
        duplicates=len(keys) - len(set(keys)),
        leaks=int((filled & (table.final == "")).sum()),
        conflicts=_conflicts(keys, targets, split),
        loss=task.loss or ("the step `loss`" if task.loss_code else ""),
        unseen=tuple(sorted(_each([targets[i] for i in test]) - known)) if known else (),
    )


def _classes(task: Task, targets: Sequence[Any]) -> dict[str, int]:
    if task.kind == "regression":
        return {}
    counted: Counter[str] = Counter()
    for target in targets:
        counted.update(target if isinstance(target, list) else [target])
    return {label: counted.get(label, 0) for label in task.labels}


def _imbalance(classes: Mapping[str, int]) -> float:
    counts = [count for count in classes.values() if count]
    return round(max(counts) / min(counts), 2) if counts else 0.0


def _each(targets: Sequence[Any]) -> set[str]:
    found: set[str] = set()
    for target in targets:
        found.update(target if isinstance(target, list) else [target])
    return found


def _conflicts(keys: Sequence[str], targets: Sequence[Any], split: np.ndarray) -> int:
    from polytask.tasks.duplicates import conflicts

    return len(conflicts(keys, targets, split))


def _modality(task: Task) -> str:
    if any(column.modality == "image" for column in task.inputs):
        return "image"
    return "tokens" if any(column.tokens for column in task.inputs) else "text"


def _normal_keys(table: Table) -> list[str]:
    from polytask.tasks.duplicates import keys

    return keys(table.frame, table.columns)


def _lengths(table: Table) -> np.ndarray:
    """Length of every row's input in words, `(rows,)`; zeros for images."""
    total = np.zeros(table.frame.height)
    for column in table.columns:
        if column.modality == "text":
            series = table.frame[column.name]
            counted = series.list.len() if column.tokens else _words(series)
            total += counted.to_numpy()
    return total


def _words(series: Any) -> Any:
    # Chinese and Japanese write no spaces: each of their characters counts as a word.
    return series.str.count_matches(WORD)


def _task_from_json(data: Mapping[str, Any]) -> TaskProfile:
    lists = {name: tuple(data[name]) for name in ("columns", "unseen")}
    return TaskProfile(**{**data, **lists})
