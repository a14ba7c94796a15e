"""Steps applied to a table in the making: features, labels before it is split, cleaning after."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from polytask._catalogue import nearest
from polytask._errors import CodeError, ConfigError
from polytask.tasks import custom_loss, features
from polytask.tasks.splits_more import MORE
from polytask.tasks.task import Column, Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.tasks.entry import Entry
    from polytask.tasks.loading_tables import Draft, Wish
    from polytask.tasks.loading_targets import Targets
    from polytask.tasks.splits import Assigned
    from polytask.tasks.steps import Stepping
    from polytask.tasks.task import Target, Task


def brought(entry: Entry, columns: Sequence[str]) -> list[str]:
    """The inputs of a task that its data have; the step `feature` makes those that they lack.

    Args:
        entry: What the user says of the task.
        columns: The columns of its data.

    Raises:
        ConfigError: There is nothing to be made, or nothing to make it of.
    """
    if "feature" not in entry.steps:
        return list(entry.inputs)
    found = [name for name in entry.inputs if name in columns]
    where = f"Task {entry.name!r}: the step `feature`"
    if entry.program:
        raise ConfigError(f"{where} is for what is trained; a program makes what it needs itself")
    if len(found) == len(entry.inputs) or not found:
        raise ConfigError(
            f"{where} makes the inputs that the data lack of those that they have, such as `input: "
            f"[text, NAME]` of `text`; found {list(entry.inputs)}, of which the data have {found}"
        )
    return found


def featured(made: Draft, stepping: Stepping) -> None:
    """Add the columns to a draft that the step `feature` of its tasks makes of the others."""
    entry = next((wish.entry for wish, _ in made.tasks.values()), None)
    if entry is None or "feature" not in entry.steps:
        return
    if any(targets.kind == "tagging" for _, targets in made.tasks.values()):
        raise ConfigError(
            f"Task {entry.name!r}: the step `feature` makes texts, and tags stand on tokens alone: "
            "leave it out"
        )
    path = Path(entry.steps["feature"])
    names = [name for name in entry.inputs if name not in made.frame.columns]
    rows = _rows(made, list(range(len(made.rows))), {})
    found = stepping.outcome("feature", path, rows, made.place, names)
    code = features.read(path, "feature")
    columns = {column.name: column for column in made.columns}
    columns |= {name: Column(name, code=code) for name in names}
    made.columns = tuple(columns[name] for name in entry.inputs)
    new = [pl.Series(name, [row[name] for row in found], dtype=pl.String) for name in names]
    made.frame = made.frame.with_columns(new).select(entry.inputs)
    message = f"{path.name} made {', '.join(names)} of {made.source.name}'s other inputs"
    made.findings.append(Finding("featured", message, made.source.name, len(rows), "info"))


def labelled(made: Draft, stepping: Stepping) -> None:
    """Give labels to rows of a draft that have none, where a task has a step for it.

    Rows of training files that lack the task's label get one; of files that are split here only
    rows without any label, which then are rows of `MORE`. A row of dev or test never does.
    """
    bare = ~made.labelled
    for name, (wish, targets) in made.tasks.items():
        if "label" in wish.entry.steps:
            made.tasks[name] = (wish, _with_labels(made, wish, targets, bare, stepping))


def _with_labels(
    made: Draft, wish: Wish, targets: Targets, bare: np.ndarray, stepping: Stepping
) -> Targets:
    path = Path(wish.entry.steps["label"])
    if targets.kind in ("multilabel", "tagging"):
        raise ConfigError(
            f"Task {wish.entry.name!r}: the step `label` gives one label or number a row, and this "
            f"is a {targets.kind} task: leave it out"
        )
    open_ = np.array([value is None for value in targets.values], dtype=bool)
    free = (made.given == "train") | (made.given == MORE) | ((made.given == "") & bare)
    index = np.flatnonzero(open_ & free).tolist()
    if not index:
        return targets
    rows = _rows(made, index, {})
    found = stepping.outcome("label", path, rows, lambda row: made.place(index[row]))
    known = sorted({str(value) for value in targets.values if value is not None})
    values = list(targets.values)
    for row, value in zip(index, found, strict=True):
        if value is not None:
            values[row] = _target(value, targets.kind, known, f"{path.name}: {made.place(row)}")
    given = [row for row in index if values[row] is not None]
    made.given = made.given.copy()
    made.given[[row for row in given if made.given[row] == ""]] = MORE
    message = (
        f"{path.name} labelled {len(given):,} of {len(index):,} rows without a label for "
        f"{wish.entry.name}: they are learned from, and never judged on"
    )
    made.findings.append(Finding("labelled", message, wish.entry.name, len(given), "info"))
    return replace(targets, values=values)


def _target(value: Any, kind: str, known: Sequence[str], where: str) -> Target:
    if kind == "regression":
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise CodeError(f"The step `label`: {where}: a number or null; found {value!r:.80}")
        try:
            return float(value)
        except OverflowError as error:
            raise CodeError(f"The step `label`: {where}: a number of float64 or null") from error
    if value not in known:
        raise CodeError(
            f"The step `label`: {where}: a known label or null; found {value!r:.80}: "
            f"{nearest(str(value), known)}"
        )
    return str(value)


def cleaned(made: Draft, assigned: Assigned, stepping: Stepping) -> Assigned:
    """The splits without training rows that the step `clean` of a table's tasks does not keep.

    It is asked for the training rows of each split alone; dev and test stay as they are.
    """
    path = next((wish.entry.steps.get("clean", "") for wish, _ in made.tasks.values()), "")
    if not path:
        return assigned
    splits = [_cleaned(made, split, Path(path), stepping) for split in assigned.splits]
    final = _cleaned(made, assigned.final, Path(path), stepping)
    gone = int(((assigned.final == "train") & (final != "train")).sum())
    message = (
        f"{Path(path).name} left out {gone:,} of {int((assigned.final == 'train').sum()):,} "
        f"training rows of {made.source.name}"
    )
    made.findings.append(Finding("cleaned", message, made.source.name, gone, "info"))
    return replace(assigned, splits=tuple(splits), final=final)


def _cleaned(made: Draft, split: np.ndarray, path: Path, stepping: Stepping) -> np.ndarray:
    index = np.flatnonzero((split == "train") & made.labelled).tolist()
    targets = {name: targets.values for name, (_, targets) in made.tasks.items()}
    rows = _rows(made, index, targets)
    if not rows:
        return split
    kept = stepping.outcome("clean", path, rows, lambda row: made.place(index[row]))
    for row, keep in zip(index, kept, strict=True):
        if not isinstance(keep, bool):
            raise CodeError(
                f"The step `clean`: {path.name}: {made.place(row)}: true or false; found "
                f"{keep!r:.80}"
            )
    found = split.copy()
    found[[row for row, keep in zip(index, kept, strict=True) if not keep]] = ""
    return found


def with_loss(task: Task, entry: Entry) -> tuple[Task, list[Finding]]:
    """A task with the text of the file of its step `loss`, tried on a few rows; says so.

    Raises:
        CodeError: The code cannot be read, or is no loss of this task.
        ConfigError: The task names another loss, too, or is of a kind that there is none for.
    """
    if "loss" not in entry.steps:
        return task, []
    if entry.loss:
        raise ConfigError(
            f"Task {entry.name!r} names a `loss` and a step `loss`: leave one of the two out"
        )
    path = Path(entry.steps["loss"])
    code = features.read(path, "loss")
    custom_loss.check(code, task.name, task.kind, task.labels, path.name)
    message = (
        f"{path.name} gives the loss of {task.name} where an encoder is trained, unless a recipe "
        "names a loss; TfidfLinear, Probe and FewShot have their own"
    )
    return replace(task, loss_code=code), [Finding("own_loss", message, task.name, 0, "info")]


def _rows(
    made: Draft, index: list[int], targets: dict[str, Sequence[Target | None]]
) -> list[dict[str, Any]]:
    """The texts and tokens of rows by column, and their targets by task; images are left out."""
    columns = [column.name for column in made.columns if column.modality == "text"]
    if not columns:
        raise ConfigError(
            f"{made.source.name}: steps are given texts and tokens, and these rows have images "
            "alone: leave `steps` out"
        )
    texts = {name: made.frame[name].gather(index).to_list() for name in columns}
    return [
        {name: values[number] for name, values in texts.items()}
        | {name: values[row] for name, values in targets.items()}
        for number, row in enumerate(index)
    ]
