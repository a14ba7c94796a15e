"""tasks.yaml: reading it with suspicion.

Every scalar is read as text, so that labels such as `no`, `1` or `2020-01-01` stay what is
written. YAML tags, aliases that expand without end and doubled names are refused.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from polytask._catalogue import from_yaml, nearest
from polytask._errors import ConfigError
from polytask.tasks.entry import Entry
from polytask.tasks.splits import SPLIT_NAMES
from polytask.tasks.steps import read_steps
from polytask.tasks.task import KINDS, METRICS
from polytask.tasks.task_file_yaml import read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TOP = ("tasks", "helpers", "recipes", "format")
KEYS = (
    *("data", "input", "target", "kind", "metric", "map", "labels", "split", "group", "loss"),
    *("more", "program", "distil", "competes", "budget", "steps"),
)
FORMAT = 1
MOST_FOLDS = 50
"""Folds that a task may ask for: each is one more training of every candidate."""


def read_task_file(path: Path) -> list[Entry]:
    """The tasks of a task file, then its helpers, checked but with their data unread.

    Args:
        path: The file; paths in it are relative to it.

    Raises:
        ConfigError: The file is not there or not as it should be: with the line or the task, and
            the nearest known name.
    """
    top = read_yaml(path)
    _known(top, TOP, str(path))
    tasks = top.get("tasks")
    if not isinstance(tasks, dict) or not tasks:
        raise ConfigError(
            f"{path}: `tasks` takes a mapping from task name to `data`, `input` and `target`; "
            f"found {tasks!r}"
        )
    served = [_entry(name, value, path) for name, value in tasks.items()]
    return [*served, *_helpers(top.get("helpers", {}), tasks, path)]


def _helpers(found: Any, tasks: Mapping[str, Any], path: Path) -> list[Entry]:
    if not isinstance(found, dict):
        raise ConfigError(
            f"{path}: `helpers` takes what `tasks` takes, a mapping from name to `data`, `input` "
            f"and `target`; found {found!r}. A folder is given with --helpers"
        )
    doubled = [name for name in found if name in tasks]
    if doubled:
        raise ConfigError(
            f"{path}: {doubled[0]!r} stands under `tasks` and under `helpers`; rename one of them"
        )
    entries = [replace(_entry(name, value, path), helps=True) for name, value in found.items()]
    stepped = [entry.name for entry in entries if entry.steps]
    if stepped:
        raise ConfigError(f"{path}: helper {stepped[0]!r}: `steps` are for tasks; leave them out")
    return entries


def read_recipes(path: Path) -> tuple[str, ...]:
    """The recipes that a task file wants tried, in their text form; they may not exist.

    Args:
        path: The file; its `recipes` is a list of `FineTune(epochs=5, balancer=PCGrad())` or
            `{FineTune: {epochs: 5, balancer: PCGrad}}`.

    Raises:
        ConfigError: `recipes` is no list, or one of them is written in another way.
    """
    found = read_yaml(path).get("recipes", [])
    if not isinstance(found, list):
        raise ConfigError(
            f"{path}: `recipes` takes a list, each on a line such as `- FineTune(epochs=5)`; "
            f"found {found!r}"
        )
    try:
        return tuple(map(_part, found))
    except ConfigError as error:
        raise ConfigError(f"{path}: `recipes`: {error}") from error


def _loss(value: Mapping[str, Any], where: str) -> str:
    """The loss of a task in its text form, "" where none is named; it may not exist."""
    if "loss" not in value:
        return ""
    try:
        return _part(value["loss"])
    except ConfigError as error:
        raise ConfigError(f"{where}: `loss`: {error}") from error


def _part(value: Any) -> str:
    """The text form of a part as YAML gives it."""
    return str(from_yaml(_typed(value)))


def _typed(value: Any) -> Any:
    """Text that reads as a number, a truth value or nothing, as that."""
    if isinstance(value, dict):
        return {key: _typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_typed(item) for item in value]
    try:
        return ast.literal_eval(
            {"true": "True", "false": "False", "null": "None"}.get(value, value)
        )
    except (ValueError, SyntaxError):
        return value


def _entry(name: str, value: Any, path: Path) -> Entry:
    where = f"{path}: task {name!r}"
    if not name.strip() or name.splitlines() != [name]:
        raise ConfigError(f"{where}: a task's name is one line that is not blank; rename it")
    if not isinstance(value, dict):
        raise ConfigError(f"{where} takes a mapping with `data`, `input` and `target`")
    _known(value, KEYS, where)
    for key in ("data", "target") if _measured(value) else ("input",):
        if not value.get(key):
            raise ConfigError(f"{where} lacks `{key}`; write e.g. `{key}: {_EXAMPLES[key]}`")
    kind = _text(value, "kind", where)
    if kind and kind not in KINDS:
        raise ConfigError(f"{where}: unknown `kind` {kind!r}: {nearest(kind, KINDS)}")
    folds, split, group = _split(value, where)
    program = _text(value, "program", where)
    return Entry(
        name,
        _data(value["data"], path.parent, where) if "data" in value else {},
        inputs=_texts(value.get("input", []), "input", where),
        target=_text(value, "target", where),
        kind=kind,
        metric=check_metric(_text(value, "metric", where), kind, where),
        map=_map(value.get("map", {}), where),
        labels=_texts(value.get("labels", []), "labels", where),
        folds=folds,
        split=split,
        group=group,
        loss=_loss(value, where),
        more=_paths(value.get("more", []), path.parent, where, "more"),
        program=str(path.parent / program) if program else "",
        distil=_flag(value, "distil", where),
        competes=_flag(value, "competes", where),
        budget=_budget(value, where),
        steps=read_steps(value.get("steps", {}), path.parent, where),
    )


def _flag(value: Mapping[str, Any], key: str, where: str) -> bool:
    found, suits = value.get(key, "false"), value.get("program") and _measured(value)
    if found not in ("true", "false") or (found == "true" and not suits):
        raise ConfigError(
            f"{where}: `{key}` is true or false, and only for a task with a `program` and a "
            f"target; found {found!r}"
        )
    return bool(found == "true")


def _budget(value: Mapping[str, Any], where: str) -> dict[str, float]:
    """What a program may use for a row; which names there are is known where it is used."""
    found = _typed(value.get("budget", {}))
    numbers = isinstance(found, dict) and all(type(one) in (int, float) for one in found.values())
    if not numbers or ("budget" in value and not value.get("program")):
        raise ConfigError(
            f"{where}: `budget` is what a `program` may use for a row, such as "
            f"{{seconds: 2, calls: 50}}; found {value['budget']!r}"
        )
    return dict(found)


def _measured(value: Mapping[str, Any]) -> bool:
    """Whether a task has a target; a program may do without, and gives whatever it returns."""
    return not value.get("program") or "target" in value or "data" in value


_EXAMPLES = {"input": "text", "data": "{train: train.csv, test: test.csv}", "target": "label"}


def check_metric(metric: str, kind: str, where: str) -> str:
    """The metric, if it is known and (where the kind is known) fits the kind.

    Raises:
        ConfigError: It does not; the nearest is offered.
    """
    known = METRICS.get(kind) if kind else None  # type: ignore[call-overload]
    allowed = known or tuple(dict.fromkeys(name for names in METRICS.values() for name in names))
    if metric and metric not in allowed:
        fits = f" for {kind}" if known else ""
        raise ConfigError(f"{where}: unknown `metric`{fits} {metric!r}: {nearest(metric, allowed)}")
    return metric


def _known(value: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in value:
        if key not in known:
            raise ConfigError(f"{where}: unknown key {key!r}: {nearest(key, known)}")


def _text(value: Mapping[str, Any], key: str, where: str) -> str:
    found = value.get(key, "")
    if not isinstance(found, str):
        raise ConfigError(f"{where}: `{key}` takes one name; found {found!r}")
    return found


def _texts(value: Any, key: str, where: str) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ConfigError(f"{where}: `{key}` takes a name or a list of names; found {value!r}")
    return tuple(items)


def _map(value: Any, where: str) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise ConfigError(f"{where}: `map` takes raw label: label; found {value!r}")
    return value


def _data(value: Any, root: Path, where: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        return {"": _paths(value, root, where)}
    for key in value:
        if key not in SPLIT_NAMES:
            hint = nearest(key, ["train", "dev", "test"])
            raise ConfigError(f"{where}: `data` takes train, dev and test; found {key!r}: {hint}")
    if "train" not in [SPLIT_NAMES[key] for key in value]:
        raise ConfigError(f"{where}: `data` lacks `train`")
    return {SPLIT_NAMES[key]: _paths(item, root, where) for key, item in value.items()}


def _paths(value: Any, root: Path, where: str, key: str = "data") -> tuple[str, ...]:
    named = _texts(value, key, where)
    if "" in named:  # it would mean the folder of the task file
        raise ConfigError(f"{where}: `{key}` names files; found nothing: name one, or drop the key")
    return tuple(str(root / path) for path in named)


def _split(value: Mapping[str, Any], where: str) -> tuple[int, str, str]:
    group = _text(value, "group", where)
    split = value.get("split", "")
    if isinstance(split, str):
        return 0, split, group
    if not isinstance(split, dict):
        _refuse_split(split, where)
    _known(split, ("folds", "group", "column"), f"{where}, `split`")
    group = _text(split, "group", where) or group
    folds = split.get("folds", "0")
    if not isinstance(folds, str) or folds not in ("0", *map(str, range(3, MOST_FOLDS + 1))):
        raise ConfigError(
            f"{where}: `folds` takes a whole number from 3 to {MOST_FOLDS}; found {folds!r}"
        )
    return int(folds), _text(split, "column", where), group


def _refuse_split(split: object, where: str) -> NoReturn:
    raise ConfigError(
        f"{where}: `split` takes a column that names the splits, or {{folds: 5, group: patient}}; "
        f"found {split!r}"
    )
