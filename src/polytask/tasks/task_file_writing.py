"""tasks.yaml: writing one, with comments."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from polytask._errors import ConfigError
from polytask.tasks.task import METRICS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.tasks.entry import Entry
    from polytask.tasks.task import Task, TaskSet


def write_task_file(taskset: TaskSet, path: Path) -> None:
    """Write a commented task file that loads back to the same tasks.

    Args:
        taskset: What `load` gave, from files.
        path: Where to write; paths of data are written relative to its folder.

    Raises:
        ConfigError: The task set did not come from files.
    """
    lines = [
        "# What to learn from which files. Paths are relative to this file.",
        "# A task: data, input and target; beside them `kind`, `metric`, `map: {raw: label}`,",
        "# `labels: [low, high]` (order of an ordinal task), `split: {folds: 5, group: column}`,",
        "# `loss: Focal()` (where an encoder is trained; `polytask recipes` lists losses),",
        "# `steps: {clean: clean.py}` (Python files; also label, feature, loss).",
        *_written_recipes(taskset.recipes),
        "tasks:",
    ]
    lines += [line for name in taskset for line in _of(taskset, name, path)]
    for name in taskset.unmeasured:
        entry = taskset.origins[name]
        lines.append(f"  {_yaml(name)}:  # not measured: it has no target")
        lines.append(f"    program: {_yaml(_relative(entry.program, path.parent))}")
        lines.append(f"    input: {_yaml(list(entry.inputs))}")
        lines += _written_budget(entry)
    if taskset.helpers:
        lines += [
            "# What may help and is not served: all of its rows are learned from.",
            "helpers:",
        ]
        lines += [line for name in taskset.helpers for line in _of(taskset, name, path)]
    temporary = path.with_name(f"{path.name}.tmp")
    try:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
        temporary.replace(path)
    except OSError:  # half a task file would be a wrong one
        temporary.unlink(missing_ok=True)
        raise


def _written_recipes(recipes: Sequence[str]) -> list[str]:
    """What a plan tries beside its own settings; nothing where nothing was asked for."""
    return ["recipes:", *(f"  - {_yaml(recipe)}" for recipe in recipes)] if recipes else []


def _of(taskset: TaskSet, name: str, path: Path) -> list[str]:
    origin = taskset.origins.get(name)
    if origin is None:
        raise ConfigError(
            f"Task {name!r} did not come from files, so no task file can name its data; "
            "save the data first and load it from there"
        )
    return _written(taskset[name], origin, path.parent)


def _written(task: Task, entry: Entry, root: Path) -> list[str]:
    data = {split: [_relative(item, root) for item in files] for split, files in entry.data.items()}
    columns = [column.name for column in task.inputs]
    lines = [f"  {_yaml(task.name)}:"]
    lines.append(f"    data: {_yaml(_short(data))}")
    lines.append(f"    input: {_yaml(columns[0] if len(columns) == 1 else columns)}")
    lines.append(f"    target: {_yaml(task.target)}")
    lines.append(f"    kind: {task.kind}  # {_comment(task.reason)}")
    lines.append(f"    metric: {task.metric}  # or {_others(task)}")
    if task.kind == "ordinal":
        # Also those that stand in dev or test alone, which the task itself does not have.
        lines.append(f"    labels: {_yaml(list(entry.labels))}  # from low to high")
    if entry.map:
        lines.append(f"    map: {_yaml(dict(entry.map))}")
    if entry.loss:
        lines.append(f"    loss: {_yaml(entry.loss)}")
    if entry.more:
        more = [_relative(item, root) for item in entry.more]
        lines.append(f"    more: {_yaml(more)}  # learned from, never judged on")
    lines += _written_steps(entry, root)
    if entry.program:
        lines.append(f"    program: {_yaml(_relative(entry.program, root))}")
    lines += _written_budget(entry)
    if entry.distil:
        lines.append("    distil: true  # a head may learn its answers and stand in for it")
    if entry.competes:
        lines.append(
            "    competes: true  # it answers where it is better on dev than what is trained"
        )
    lines += _written_split(entry)
    return lines


def _written_steps(entry: Entry, root: Path) -> list[str]:
    steps = {word: _relative(item, root) for word, item in entry.steps.items()}
    note = "  # of training rows" if steps.keys() <= {"clean", "label"} else ""
    return [f"    steps: {_yaml(steps)}{note}"] if steps else []


def _written_budget(entry: Entry) -> list[str]:
    return [f"    budget: {_yaml(dict(entry.budget))}  # of a row"] if entry.budget else []


def _written_split(entry: Entry) -> list[str]:
    split: dict[str, Any] = {}
    if entry.folds:
        split["folds"] = entry.folds
    if entry.split:
        split["column"] = entry.split
    if entry.group:
        split["group"] = entry.group
    return [f"    split: {_yaml(split)}"] if split else []


def _short(data: Mapping[str, list[str]]) -> Any:
    shorter = {split: files[0] if len(files) == 1 else files for split, files in data.items()}
    return shorter[""] if list(shorter) == [""] else {k or "train": v for k, v in shorter.items()}


def _relative(item: str, root: Path) -> str:
    return os.path.relpath(Path(item).resolve(), root.resolve())


def _others(task: Task) -> str:
    return ", ".join(name for name in METRICS[task.kind] if name != task.metric)


def _comment(text: str) -> str:
    return " ".join(text.split())


def _yaml(value: Any) -> str:
    """A value in flow style on one line."""
    written = _dumped(value, style=None)
    # A name with a line break would be written over lines, which no key may be.
    return _dumped(value, style='"') if "\n" in written else written


def _dumped(value: Any, style: str | None) -> str:
    written: str = yaml.safe_dump(
        value,
        default_flow_style=True,
        default_style=style,
        allow_unicode=True,
        width=10**9,
        sort_keys=False,
    )
    return written.removesuffix("\n").removesuffix("\n...")
