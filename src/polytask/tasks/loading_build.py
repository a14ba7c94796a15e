"""From wishes to a task set: tables drafted, split, freed of leaks, and their tasks made."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from polytask._errors import DataError
from polytask.tasks import duplicates, splits
from polytask.tasks.duplicates import Leak
from polytask.tasks.language import language
from polytask.tasks.loading_findings import split_findings, table_findings
from polytask.tasks.loading_lists import list_series
from polytask.tasks.loading_steps import cleaned, featured, labelled, with_loss
from polytask.tasks.loading_tables import Draft, Wish, draft
from polytask.tasks.loading_targets import Targets, label_order
from polytask.tasks.splits_more import assign_all
from polytask.tasks.steps import Stepping
from polytask.tasks.task import METRICS, Finding, Table, Task, TaskSet
from polytask.tasks.task_file import check_metric

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from polytask.tasks.task import Split

FEWEST = 5
"""Labelled rows a task needs at least: one a fold."""
SPLITS: tuple[Split, ...] = ("train", "dev", "test")


def build(wishes: Sequence[Wish], shown: str, seed: int) -> TaskSet:
    """Build the task set that the wishes describe.

    Args:
        wishes: The tasks to be.
        shown: Where they came from, for people.
        seed: Seed of the splits.

    Raises:
        DataError: A column, target or row contradicts a wish, or nothing is left to learn.
    """
    stepping, drafts = Stepping(), drafts_of(wishes)
    for made in drafts.values():
        featured(made, stepping)
        labelled(made, stepping)
    keys = {name: duplicates.keys(made.frame, made.columns) for name, made in drafts.items()}
    rows = _same_rows(drafts, keys)
    assigned, leaks = _without_leaks(_assign(drafts, rows, seed), rows)
    leaks = [*_torn(assigned, drafts), *leaks]
    assigned = {name: cleaned(drafts[name], found, stepping) for name, found in assigned.items()}
    findings = [f for made in drafts.values() for f in made.source.findings]
    tables, tasks = {}, {}
    for name, made in drafts.items():
        table = table_of(name, made, assigned[name])
        built, left = tasks_of(table, made)
        findings += [*made.findings, *left]
        if built:
            tables[name] = table
            tasks.update(built)
            findings += table_findings(table, built.values(), keys[name], made.place)
            findings += split_findings(table, assigned[name].note, leaks, len(keys[name]))
    if not tasks:
        warned = [found for found in findings if found.severity == "warning"]
        warned.sort(key=lambda found: found.code != "left_out")
        raise DataError(
            f"No task is left to learn in {', '.join(drafts)}: "
            + "; ".join([found.message for found in warned][:5])
        )
    order = [wish.entry.name for wish in wishes if wish.entry.name in tasks]
    entries = {
        name: replace(wish.entry, labels=targets.order or wish.entry.labels)
        for made in drafts.values()
        for name, (wish, targets) in made.tasks.items()
        if wish.entry.data
    }
    origins = {name: entries[name] for name in order if name in entries}
    ordered = {name: tasks[name] for name in order}
    told = tuple(dict.fromkeys(findings))
    return TaskSet(ordered, tables, told, shown, origins, stepped=stepping.found)


def drafts_of(wishes: Sequence[Wish]) -> dict[str, Draft]:
    """Tables by name: wishes with the same source, inputs, split and steps share one."""
    grouped: dict[tuple[object, ...], list[Wish]] = {}
    for wish in wishes:
        entry = wish.entry
        split = (entry.folds, entry.split, entry.group)
        steps = (entry.steps.get("clean"), entry.steps.get("feature"))
        key = (id(wish.source), entry.inputs, *split, *steps)
        grouped.setdefault(key, []).append(wish)
    drafts: dict[str, Draft] = {}
    for group in grouped.values():
        name = group[0].source.name
        if name in drafts:
            name = f"{name}_{'_'.join(group[0].entry.inputs)}"
        while name in drafts:
            name += "_"
        drafts[name] = draft(group[0].source, group)
    return drafts


def _same_rows(
    drafts: Mapping[str, Draft], keys: Mapping[str, Sequence[str]]
) -> Mapping[str, Sequence[str]]:
    """Keys that a row of a file has in all tables, also in those with other inputs.

    What is equal in one table is so in all: else a text could be learned from for one task and
    judge another. (Sets are joined as by Tarjan, 1975.)
    """
    sources = [id(made.source) for made in drafts.values()]
    if len(sources) == len(set(sources)):
        return keys
    above: dict[str, str] = {}

    def top(key: str) -> str:
        while (higher := above.get(key, key)) != key:
            above[key] = above.get(higher, higher)
            key = higher
        return key

    first: dict[tuple[int, int], str] = {}
    for name, made in drafts.items():
        for row, key in zip(made.rows.tolist(), keys[name], strict=True):
            one, other = top(key), top(first.setdefault((id(made.source), row), key))
            above[max(one, other)] = min(one, other)
    return {name: [top(key) for key in found] for name, found in keys.items()}


def _assign(
    drafts: Mapping[str, Draft], keys: Mapping[str, Sequence[str]], seed: int
) -> dict[str, splits.Assigned]:
    known = splits.Known()
    assigned: dict[str, splits.Assigned] = {}
    # Tables with an official test split come first: equal inputs of the others follow them.
    for name in sorted(drafts, key=lambda name: not (drafts[name].given == "test").any()):
        made = drafts[name]
        targets = [(t.kind, t.values) for _, t in made.tasks.values()]
        units = splits.Units(keys[name], (), made.groups, seed)
        folds = next((wish.entry.folds for wish, _ in made.tasks.values()), 0)
        try:
            found = assign_all(made.given, targets, units, folds=folds, known=known)
        except DataError as error:
            raise DataError(f"{name}: {error}") from error
        assigned[name] = found
    return assigned


def _without_leaks(
    assigned: Mapping[str, splits.Assigned], keys: Mapping[str, Sequence[str]]
) -> tuple[dict[str, splits.Assigned], list[Leak]]:
    """All folds and the final splits without leaking rows, and what was taken out of the folds."""
    finals, _ = duplicates.without_leaks({name: [a.final] for name, a in assigned.items()}, keys)
    parts, leaks = duplicates.without_leaks({name: a.splits for name, a in assigned.items()}, keys)
    freed = {}
    for name, found in assigned.items():
        # A fixed split gives way to every fold of the others, also when the model is delivered.
        (final,) = parts[name] if len(parts[name]) == 1 else finals[name]
        freed[name] = replace(found, splits=parts[name], final=final)
    return freed, leaks


def _torn(assigned: Mapping[str, splits.Assigned], drafts: Mapping[str, Draft]) -> Iterator[Leak]:
    for name, found in assigned.items():
        for (split, against), rows in found.torn.items():
            yield Leak(name, split, against, name, rows, drafts[name].group)


def table_of(name: str, made: Draft, assigned: splits.Assigned) -> Table:
    """The table of a draft under its name, split as said."""
    columns = [made.frame[column.name] for column in made.columns]
    for task, (_, targets) in made.tasks.items():
        columns.append(_series(task, targets))
    return Table(
        name,
        made.columns,
        pl.DataFrame(columns),
        assigned.splits,
        assigned.final,
        language=_language(made),
        group=made.group,
        groups=tuple(made.groups),
    )


def _series(name: str, targets: Targets) -> pl.Series:
    if targets.kind in ("multilabel", "tagging"):
        return list_series(name, targets.values)  # type: ignore[arg-type]
    dtype = pl.Float64 if targets.kind == "regression" else pl.String
    return pl.Series(name, targets.values, dtype=dtype)


def _language(made: Draft) -> str:
    every = max(1, made.frame.height // 300)
    texts: list[str] = []
    for column in made.columns:
        if column.modality == "text":
            values = made.frame[column.name].gather_every(every).to_list()
            texts += [" ".join(v) if isinstance(v, list) else v[:500] for v in values]
    return language(texts)


def tasks_of(
    table: Table, made: Draft, needed: Sequence[Split] = SPLITS
) -> tuple[dict[str, Task], list[Finding]]:
    """The tasks of a table that can be learned, and what was left out; `needed` are its splits."""
    built: dict[str, Task] = {}
    findings: list[Finding] = []
    for name, (wish, targets) in made.tasks.items():
        task = _task(table, wish, targets)
        problem = _problem(table, task, targets, needed)
        if not problem:
            built[name], told = with_loss(task, wish.entry)
            findings += told
        elif wish.stated:
            raise DataError(f"Task {name!r} ({made.source.name}): {problem}")
        else:
            message = f"The column {wish.entry.target!r} of {table.name} was left out: {problem}"
            findings.append(Finding("left_out", message, table.name))
    return built, findings


def _task(table: Table, wish: Wish, targets: Targets) -> Task:
    entry = wish.entry
    learned = np.zeros(len(table.final), dtype=bool)
    for split in (*table.splits, table.final):
        learned |= split == "train"
    seen = [targets.values[i] for i in np.flatnonzero(learned).tolist()]
    filled = [target for target in seen if target is not None]
    labels = () if targets.kind == "regression" else label_order(filled, targets.order)
    reason = wish.reason if targets.reason != "stated" and wish.reason else targets.reason
    metric = check_metric(entry.metric, targets.kind, f"Task {entry.name!r}")
    plain = targets.kind == "tagging" and not any(tag.startswith("B-") for tag in labels)
    return Task(
        name=entry.name,
        table=table.name,
        inputs=table.columns,
        target=entry.target,
        kind=targets.kind,
        metric=metric or ("accuracy" if plain else METRICS[targets.kind][0]),
        labels=labels,
        reason=reason,
        loss=entry.loss,
    )


def _problem(table: Table, task: Task, targets: Targets, needed: Sequence[Split]) -> str:
    """Why a task cannot be learned from its splits, or ""."""
    filled = np.array([value is not None for value in targets.values], dtype=bool)
    if int(filled.sum()) < FEWEST:
        return (
            f"it has {int(filled.sum())} labelled rows with an input; at least {FEWEST} are needed"
        )
    if task.kind != "regression" and len(task.labels) < 2:
        return f"training has {len(task.labels)} label(s); at least two are needed"
    for part in needed:
        if not any((filled & (split == part)).any() for split in table.splits):
            gone = int((filled & (table.final == "")).sum())
            elsewhere = "they or their groups stand in other splits too"
            why = f" ({gone:,} rows were taken out since {elsewhere})" if gone else ""
            return f"no labelled row is left in {part}{why}; give more rows, or ask for `folds`"
    return ""
