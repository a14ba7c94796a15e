"""Finished models on other labelled rows: one alone, or two against each other."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from polytask._errors import ConfigError, DataError
from polytask.evaluation.certificate import certify
from polytask.evaluation.interval import Pair, interval
from polytask.evaluation.metrics import summary
from polytask.tasks.detection_facts import missing, numbers
from polytask.tasks.entry import Entry
from polytask.tasks.files import read
from polytask.tasks.files_raw import Raw
from polytask.tasks.loading_inputs import usable
from polytask.tasks.loading_lists import as_lists
from polytask.tasks.loading_sources import frame_of
from polytask.tasks.loading_tags import tags
from polytask.tasks.loading_targets import label_text
from polytask.tasks.loading_words import SEPARATORS
from polytask.tasks.memory_files import in_memory
from polytask.tasks.task_file import read_task_file
from polytask.workflow.doubts import Seen, no_value, strange_labels
from polytask.workflow.folder import RunFolder
from polytask.workflow.predicting import check_run, load_model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.evaluation.prediction import Prediction
    from polytask.learning.model import Model
    from polytask.tasks.loading_inputs import Usable
    from polytask.tasks.task import Inputs, Target, Task


def evaluate(run: str | Path, rows: Any, *, seed: int = 0) -> dict[str, Any]:
    """Every task of the model in `run` that `rows` has inputs and labels for, measured.

    Args:
        run: A finished run folder.
        rows: Labelled rows: a file, a data frame or a list of dicts, with columns named like the
            task's inputs and target. Where they have the task's group column (patients), intervals
            are over groups.
        seed: Seed of the bootstrap.

    Returns:
        By task `{kind, metric, rows, value, low, high, metrics, notes}`; fractions 0–1, `None`
        where the rows give no value. The notes tell which rows the run has seen before, what was
        noticed in the file, which labels are strange, and which labelled rows could not be
        measured, and why.

    Raises:
        ConfigError: The rows fit no task.
    """
    check_run(run)
    raw, entries = read_rows(rows), _entries(run)
    model, seen = load_model(run), Seen(run, "this model")
    found = {}
    for name in _labelled(model, raw):
        task = model.tasks[name]
        labelled = _rows(raw, [task], entries.get(name, Entry(name)))
        if not labelled.truth:
            continue
        truth, answers = labelled.truth, labelled.answers(model)
        measured = interval(task, truth, answers, seed=seed, groups=labelled.groups)
        found[name] = {
            "kind": task.kind,
            "metric": task.metric,
            "rows": len(truth),
            "value": _known_value(measured.value),
            "low": _known_value(measured.low),
            "high": _known_value(measured.high),
            "metrics": summary(task, truth, answers),
            "notes": [
                *seen.notes(name, labelled.inputs[0]),
                *_noticed(raw),
                *labelled.notes,
                *strange_labels(task, truth),
                *no_value(task, measured.value),
            ],
        }
    if not found:
        raise DataError(
            f"{raw.source}: no row has both an input and a label; at least one is needed"
        )
    return found


def compare(
    first: str | Path, second: str | Path, rows: Any, *, margin: float = 0.01, seed: int = 0
) -> dict[str, Any]:
    """The model in `first` against the one in `second` on the same labelled rows, task by task.

    Args:
        first: A finished run folder.
        second: Another; tasks are matched by name.
        rows: Labelled rows with the input columns of both and the target columns of the first: a
            file, a data frame or a list of dicts. A task is left out where they lack an input;
            where they have the first's group column, intervals are over groups.
        margin: δ of "no worse", as a fraction.
        seed: Seed of the bootstrap.

    Returns:
        By task `{metric, rows, a, b, gain{value, low, high}, verdict, rows_needed, notes}`; `None`
        where the rows give no value. The notes are as in `evaluate`, of both models, and tell
        which tasks were left out.

    Raises:
        ConfigError: The models share no task that the rows fit.
    """
    check_run(first)
    check_run(second)
    if not 0 < margin < 0.5:
        raise ConfigError(
            f"`margin` lies above 0 and below 0.5 (0.01 is one point); found {margin!r}"
        )
    raw, entries = read_rows(rows), _entries(first)
    a, b = load_model(first), load_model(second)
    seen = Seen(first, "A"), Seen(second, "B")
    pairs, notes, lacking = {}, {}, []
    for name in _labelled(a, raw):
        task, other = a.tasks[name], b.tasks.get(name)
        if other is None or other.kind != task.kind:
            continue
        if absent := other.lacking(raw.frame.columns):
            lacking.append(_left_out(name, absent, raw))
            continue
        labelled = _rows(raw, [task, other], entries.get(name, Entry(name)))
        if labelled.truth:
            arms = labelled.answers(a), labelled.answers(b, 1)
            pairs[name] = Pair(task, labelled.truth, *arms, labelled.groups)
            notes[name] = [
                *(
                    note
                    for one, given in zip(seen, labelled.inputs, strict=True)
                    for note in one.notes(name, given)
                ),
                *_noticed(raw),
                *labelled.notes,
                *strange_labels(task, labelled.truth),
            ]
    if not pairs:
        raise ConfigError(
            f"The models share no task that {raw.source} has inputs and labels for: "
            + "; ".join([f"A has {', '.join(a.tasks)}", f"B has {', '.join(b.tasks)}", *lacking])
        )
    verdicts = certify(pairs, margin=margin, seed=seed)
    said = [f"left out: {text}" for text in lacking]
    return {
        name: {**_compared(pair, verdicts[name], seed), "notes": [*notes[name], *said]}
        for name, pair in pairs.items()
    }


def read_rows(rows: Any) -> Raw:
    """Labelled rows: those of a file, all of them, or those in memory."""
    if in_memory(rows):
        frame = frame_of(rows, "rows")
        return Raw(frame, "memory", rows=np.arange(1, frame.height + 1))
    return read(Path(rows), max_bytes=sys.maxsize, max_rows=sys.maxsize)  # all, never a sample


def _noticed(raw: Raw) -> list[str]:
    """What reading the file had to warn of."""
    return [found.message for found in raw.findings if found.severity == "warning"]


def _compared(pair: Any, verdict: Any, seed: int) -> dict[str, Any]:
    return {
        "metric": pair.task.metric,
        "rows": len(pair.targets),
        "a": _known_value(interval(pair.task, pair.targets, pair.shared, seed=seed).value),
        "b": _known_value(interval(pair.task, pair.targets, pair.control, seed=seed).value),
        "gain": {
            "value": _known_value(verdict.gain.value),
            "low": _known_value(verdict.gain.low),
            "high": _known_value(verdict.gain.high),
        },
        "verdict": verdict.verdict,
        "rows_needed": verdict.rows_needed,
    }


def _known_value(value: float) -> float | None:
    """A value as JSON can hold it: `None` for NaN and infinity."""
    return value if math.isfinite(value) else None


def _labelled(model: Model, raw: Raw) -> list[str]:
    columns = raw.frame.columns

    def fits(task: Task) -> bool:
        return task.target in columns and not task.lacking(columns)

    fitting = [name for name, task in model.tasks.items() if fits(task)]
    if not fitting:
        wanted = {n: [*(c.name for c in t.brought), t.target] for n, t in model.tasks.items()}
        raise ConfigError(
            f"{raw.source} has labels for no task of this model. Its columns: "
            f"{', '.join(columns)}; wanted: "
            + "; ".join(f"{name}: {', '.join(columns)}" for name, columns in wanted.items())
        )
    return fitting


def _left_out(name: str, absent: Sequence[str], raw: Raw) -> str:
    return f"the task {name!r} of B needs the columns {', '.join(absent)}, which {raw.source} lacks"


@dataclass(frozen=True)
class _Labelled:
    """The rows of a file that have the label of a task and the inputs of every model asked.

    Args:
        name: The task.
        truth: Their targets.
        inputs: By model asked its inputs.
        groups: Their groups, where the task has them and the rows have the column.
        notes: Which rows with a label are not among them, and why.
    """

    name: str
    truth: list[Target]
    inputs: tuple[Inputs, ...]
    groups: list[str] | None
    notes: list[str]

    def answers(self, model: Model, place: int = 0) -> Prediction:
        """What `model`, the one at `place`, answers for them."""
        return model.predict(self.inputs[place], [self.name])[self.name]


def _rows(raw: Raw, tasks: Sequence[Task], entry: Entry) -> _Labelled:
    """The rows with the label of the first of `tasks` and the inputs of all; may be none.

    Args:
        raw: The rows.
        tasks: The task as each model asked has it.
        entry: What the task file says of it.
    """
    task = tasks[0]
    targets = _targets(raw, task, entry.map)
    found = [usable(raw.frame, asked.inputs, Path(raw.source).parent) for asked in tasks]
    shared = set.intersection(*(set(one.index) for one in found))
    truth = {row: target for row in sorted(shared) if (target := targets[row]) is not None}
    inputs = [
        one.inputs.take([place for place, row in enumerate(one.index) if row in truth])
        for one in found
    ]
    groups = _groups(raw, entry.group)
    return _Labelled(
        task.name,
        list(truth.values()),
        tuple(inputs),
        None if groups is None else [groups[row] for row in truth],
        _unmeasured(raw, task, targets, found),
    )


def _unmeasured(
    raw: Raw, task: Task, targets: Sequence[Target | None], found: Sequence[Usable]
) -> list[str]:
    """A line on the rows with something in the target that are left out, or none."""
    cells = raw.frame[task.target]
    filled = cells.is_not_null()
    if cells.dtype == pl.String:
        filled = ~missing(cells)
    why = {row: problem for one in reversed(found) for row, problem in one.problems.items()}
    why |= {row: "its label is broken" for row, target in enumerate(targets) if target is None}
    lost = [row for row in sorted(why) if filled[row]]
    if not lost:
        return []
    listed = ", ".join(f"{raw.place(row)} ({why[row]})" for row in lost[:5])
    return [f"Labelled rows not measured for {task.name}: {len(lost):,}, at {listed}"]


def _groups(raw: Raw, column: str) -> list[str] | None:
    """The group of every row, as loading reads it; `None` where the rows have no such column."""
    if not column or column not in raw.frame.columns:
        return None
    return raw.frame[column].cast(pl.String).fill_null("").to_list()


def _targets(raw: Raw, task: Task, mapped: Mapping[str, str]) -> Sequence[Target | None]:
    """The labels of every row as loading reads them; `None` where there is none or it is broken."""
    series = raw.frame[task.target]
    if task.kind == "regression":
        return _numbers(raw, series)
    what = f"The target {task.target!r} of task {task.name!r}"
    if task.kind == "tagging":
        tokens = next(column.name for column in task.inputs if column.tokens)
        lists = as_lists(series, what, split=True)
        lists = lists.list.eval(pl.element().replace(dict(mapped))) if mapped else lists
        words = as_lists(raw.frame[tokens], f"The input {tokens!r}", split=True)
        return tags(lists, words, raw.place, task.name)[0]
    if task.kind == "multilabel":
        found = as_lists(series, what).to_list()
        return [None if row is None else _known(row, task, mapped) for row in found]
    texts = label_text(series).to_list()
    return [None if text is None else mapped.get(text, text) for text in texts]


def _known(row: Sequence[str], task: Task, mapped: Mapping[str, str]) -> list[str]:
    """The labels of a row; one that is unknown, but a list set apart by signs, is that list."""
    found = [mapped.get(item, item) for item in row]
    for sign in SEPARATORS if len(found) == 1 and found[0] not in task.labels else ():
        items = [mapped.get(item.strip(), item.strip()) for item in row[0].split(sign)]
        if set(items) & set(task.labels):
            return list(dict.fromkeys(item for item in items if item))
    return list(dict.fromkeys(found))


def _numbers(raw: Raw, series: pl.Series) -> list[Target | None]:
    parsed = numbers(series)
    if parsed.null_count() == len(parsed) and series.null_count() < len(series):
        row = int(series.is_not_null().arg_max() or 0)
        raise DataError(
            f"{raw.place(row)}, column {series.name!r}: {series[row]!r} is no number, and the task "
            "is a regression; repair the cells"
        )
    return parsed.to_list()


def _entries(run: str | Path) -> dict[str, Entry]:
    """By task what its task file says of it."""
    return {entry.name: entry for entry in read_task_file(RunFolder(Path(run)).task_file)}
