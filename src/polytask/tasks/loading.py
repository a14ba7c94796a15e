"""Loading: from files, folders, frames or rows to a task set."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytask._catalogue import nearest
from polytask._errors import ConfigError, DataError
from polytask.tasks.detection import Detected, detect
from polytask.tasks.entry import Entry
from polytask.tasks.loading_build import build
from polytask.tasks.loading_helpers import add_helpers
from polytask.tasks.loading_programs import add_programs
from polytask.tasks.loading_sources import (
    Source,
    found_sources,
    memory_sources,
    named_source,
)
from polytask.tasks.loading_tables import Wish
from polytask.tasks.memory_files import in_memory, placed
from polytask.tasks.task import Finding
from polytask.tasks.task_file import read_recipes, read_task_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.tasks.task import TaskSet


def load(
    source: Any,
    *,
    inputs: Sequence[str] = (),
    targets: Sequence[str] = (),
    kinds: Mapping[str, str] | None = None,
    seed: int = 0,
    keep: Path | None = None,
) -> TaskSet:
    """Load labelled data as a task set.

    Args:
        source: A path (or several) of a tasks.yaml, files, folders or globs; a polars or pandas
            frame; a list of dicts; or a mapping of names (or of train, dev and test) to frames.
        inputs: Input columns; recognised when empty.
        targets: Target columns; recognised when empty. Each becomes a task in every source that
            has the column.
        kinds: Kind by target column or task, where the recognised one is not wanted.
        seed: Seed of the splits that are made here.
        keep: For data in memory: the folder that `memory_files.save` will write them to, so that
            a task file can name them.

    Raises:
        DataError: The data cannot be used: with file and row or column, and the way out.
        ConfigError: The task file, or an argument, is wrong.

    >>> rows = [{"text": f"{w} day {i}", "label": w} for i in range(50) for w in ("good", "bad")]
    >>> taskset = load(rows)
    >>> taskset["label"].kind, taskset["label"].labels, taskset.folds(["label"])
    ('binary', ('bad', 'good'), 5)
    """
    path = _task_file(source)
    recipes: tuple[str, ...] = ()
    if path is not None:
        _no_choice(path, inputs, targets, kinds or {})
        wishes, shown, recipes = _from_file(path, seed), str(path), read_recipes(path)
    elif in_memory(source):
        sources, shown = memory_sources(source), "memory"
        sources = placed(sources, keep) if keep else sources
        wishes = _recognised(sources, inputs, targets, kinds or {})
    else:
        wishes = _recognised(found_sources(source, seed), inputs, targets, kinds or {})
        shown = str(source) if isinstance(source, (str, Path)) else ", ".join(map(str, source))
    taskset = build([wish for wish in wishes if not wish.entry.helps], shown, seed)
    taskset = replace(taskset, recipes=recipes)
    taskset = add_programs(taskset, read_task_file(path) if path is not None else [])
    return add_helpers(taskset, [wish for wish in wishes if wish.entry.helps])


def with_helpers(
    taskset: TaskSet, where: str | Path | Sequence[str | Path], *, seed: int = 0
) -> TaskSet:
    """The task set with labelled sets beside its tasks that may help and are not served.

    Their tasks are recognised as those of `load` and named after set and column. A task file may
    name helpers itself, under `helpers`.

    Args:
        taskset: What `load` gave.
        where: Files, folders or globs; empty for none.
        seed: As for `load`.

    Raises:
        DataError: The data cannot be used, or no task is recognised in them.
    """
    if not where:
        return taskset
    wishes = [
        replace(wish, entry=replace(wish.entry, name=f"{wish.source.name}_{wish.entry.target}"))
        for wish in _recognised(found_sources(where, seed), (), (), {})
    ]
    return add_helpers(taskset, wishes)


def _task_file(source: Any) -> Path | None:
    if isinstance(source, (list, tuple)) and len(source) == 1:
        source = source[0]
    if isinstance(source, (str, Path)) and Path(source).suffix.lower() in (".yaml", ".yml"):
        return Path(source).expanduser()
    return None


def _no_choice(
    path: Path, inputs: Sequence[str], targets: Sequence[str], kinds: Mapping[str, str]
) -> None:
    if inputs or targets or kinds:
        raise ConfigError(
            f"{path} says inputs, targets and kinds itself; change it there, or give the data "
            "files instead of the task file"
        )


def _from_file(path: Path, seed: int) -> list[Wish]:
    sources: dict[tuple[Any, ...], Source] = {}
    wishes = []
    for entry in read_task_file(path):
        if not entry.target:  # a program without one; see `add_programs`
            continue
        key = (entry.more, *((split, *files) for split, files in entry.data.items()))
        if key not in sources:
            name = _table_name(entry)
            taken = {source.name for source in sources.values()}
            name = name if name not in taken else f"{name}_{entry.name}"
            sources[key] = named_source(name, entry.data, seed, entry.more)
        wishes.append(_completed(entry, sources[key]))
    return wishes


def _table_name(entry: Entry) -> str:
    from polytask.tasks.discover import discover

    files = next(iter(entry.data.values()))
    return next(iter(discover(list(files))), entry.name)


def _completed(entry: Entry, source: Source) -> Wish:
    if entry.inputs:
        return Wish(entry, source)
    detected = detect(source.frame, source.name, targets=[entry.target])
    return Wish(replace(entry, inputs=_inputs(detected)), source)


def _inputs(detected: Detected) -> tuple[str, ...]:
    found = tuple(detected.columns("input"))
    if not found:
        raise DataError(
            f"{detected.name}: no column can be an input (text, tokens or images): "
            f"{_listed(detected)}. State `input`"
        )
    return found


def _listed(detected: Detected) -> str:
    listed = [f"{r.column!r}: {r.role}, {r.reason}" for r in detected.roles.values()]
    more = f"; and {len(listed) - 8} more" if len(listed) > 8 else ""
    return "; ".join(listed[:8]) + more


def _recognised(
    sources: Sequence[Source],
    inputs: Sequence[str],
    targets: Sequence[str],
    kinds: Mapping[str, str],
) -> list[Wish]:
    _check_columns(sources, [*inputs, *targets])
    wishes: list[Wish] = []
    empty = []
    for source in sources:
        wished = _wishes(source, inputs, targets)
        wishes += wished
        if not wished:
            empty.append(source)
    wishes = _kinds(_renamed(wishes), kinds)
    if not wishes:
        listed = [f"{s.name} ({_listed(detect(s.frame, s.name))})" for s in empty[:3]]
        warned = [f.message for s in empty for f in s.findings if f.severity == "warning"]
        raise DataError(
            f"No task was recognised in {'; '.join(listed)}. Name the column to predict with "
            "`--target` (in Python `targets=[…]`), and the input with `--input` (`inputs=[…]`)"
            + "".join(f". {message}" for message in warned[:3])
        )
    return wishes


def _check_columns(sources: Sequence[Source], columns: Sequence[str]) -> None:
    known = {column for source in sources for column in source.frame.columns}
    for column in columns:
        if column not in known:
            raise DataError(f"No file has a column {column!r}: {nearest(column, known)}")


def _wishes(source: Source, inputs: Sequence[str], targets: Sequence[str]) -> list[Wish]:
    here = source.frame.columns
    stated = [column for column in targets if column in here]
    if targets and not stated:
        return []
    detected = detect(
        source.frame, source.name, inputs=[c for c in inputs if c in here], targets=stated
    )
    columns = detected.columns("task")
    if not columns:
        return []
    chosen = tuple(c for c in inputs if c in here) or _inputs(detected)
    source = replace(source, findings=(*source.findings, *_ignored(detected)))
    split = "" if any(source.given != "") else next(iter(detected.columns("split")), "")
    return [
        Wish(
            Entry(column, source.data, chosen, column, split=split),
            source,
            stated=column in stated,
            reason=detected.roles[column].reason,
        )
        for column in columns
    ]


def _ignored(detected: Detected) -> list[Finding]:
    """Which columns are not used, and why, in one finding."""
    columns = detected.columns("ignored")
    if not columns:
        return []
    listed = ", ".join(f"{c!r} ({detected.roles[c].reason})" for c in columns[:20])
    message = f"{detected.name}: columns not used: {listed}"
    return [Finding("ignored_column", message, detected.name, len(columns), "info")]


def _renamed(wishes: Sequence[Wish]) -> list[Wish]:
    counts = Counter(wish.entry.name for wish in wishes)
    renamed = []
    for wish in wishes:
        name = wish.entry.name
        if counts[name] > 1 or name in wish.entry.inputs or not name.strip():
            name = f"{wish.source.name}_{name}"
        name = " ".join(name.splitlines())  # the name of a column may have several lines
        renamed.append(replace(wish, entry=replace(wish.entry, name=name)))
    return renamed


def _kinds(wishes: Sequence[Wish], kinds: Mapping[str, str]) -> list[Wish]:
    known = {name for wish in wishes for name in (wish.entry.name, wish.entry.target)}
    for name in kinds:
        if name not in known:
            raise ConfigError(f"`kind` names {name!r}, which is no task: {nearest(name, known)}")
    return [
        replace(wish, entry=replace(wish.entry, kind=kind), stated=wish.stated or bool(kind))
        for wish in wishes
        for kind in [kinds.get(wish.entry.name, kinds.get(wish.entry.target, ""))]
    ]
