"""What a result depends on: keys of trained parts, for the journal and the memo."""

from __future__ import annotations

import functools
import hashlib
import json
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytask.workflow.lineage import NO_LINEAGE, Lineage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from polytask.tasks.task import Table, TaskSet

TRAIN_VERSION = 2
"""Raised by hand when the same arguments give other results."""

_LIBRARIES = ("numpy", "scipy", "scikit-learn", "pillow", "torch", "transformers", "tokenizers")


def digest(value: Any) -> str:
    """A hash of canonical JSON (32 hex digits)."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def train_key(
    taskset: TaskSet,
    names: Sequence[str],
    recipe: str,
    version: int,
    settings: Mapping[str, Any],
    lineage: Lineage = NO_LINEAGE,
) -> str:
    """The key of training `names` with `recipe`: equal keys, equal parts.

    Holds the operation's and the recipe's version, the tasks and the digests of their rows and
    splits, seed, encoders, device, dtype, threads, the versions of the libraries, and the handles
    of the parts it builds on, which are such keys themselves.
    """
    tables = {taskset[name].table: taskset.tables[taskset[name].table] for name in names}
    return digest(
        {
            "operation": ["train", TRAIN_VERSION],
            "recipe": [recipe, version],
            "tasks": [_task(taskset, name) for name in names],
            "tables": [table_digest(table, names) for table in tables.values()],
            "settings": {key: settings[key] for key in sorted(_DECISIVE)},
            "encoders": _weights(tables.values(), settings),
            "libraries": versions(),
            **lineage.facts(),
        }
    )


_DECISIVE = {"seed", "encoder", "image_encoder", "device", "dtype", "threads"}


def training_seed(seed: int, repeat: int) -> int:
    """The seed of a training: that of the run, or for a repeat one made of both, below 2**32.

    >>> training_seed(7, 0), training_seed(7, 1) == training_seed(8, 0)
    (7, False)
    """
    return int(digest(["repeat", seed, repeat])[:8], 16) if repeat else seed


def candidate_name(
    recipe: str, tasks: Sequence[str], repeat: int = 0, lineage: Lineage = NO_LINEAGE
) -> str:
    """The name of a training in events and reports.

    >>> candidate_name("FineTune()", ["intent", "slots"])
    'FineTune() · intent + slots'
    >>> candidate_name("FineTune()", ["intent", "slots"], 1)
    'FineTune() · intent + slots, repeat 1'
    """
    told = [str(lineage)] if lineage else []
    told += [f"repeat {repeat}"] if repeat else []
    return ", ".join([f"{recipe} · {' + '.join(tasks)}", *told])


def versions() -> dict[str, str]:
    """Versions of the libraries that results depend on; reads metadata, imports nothing."""
    return {name: metadata.version(name) for name in _LIBRARIES}


def table_digest(table: Table, names: Sequence[str]) -> str:
    """A hash of a table's inputs, its splits, and the targets of `names` that stand on it."""
    found = hashlib.blake2b(digest_size=16)
    images = {column.name for column in table.columns if column.modality == "image"}
    columns = [column.name for column in table.columns]
    columns += [name for name in names if name in table.frame.columns and name not in columns]
    for column in columns:
        found.update(column.encode())
        for value in table.frame[column].to_list():
            found.update(_content(value, image=column in images))
            found.update(b"\x00")
    for assigned in (*table.splits, table.final):
        found.update("\x00".join(assigned.tolist()).encode())
    return found.hexdigest()


def task_digest(taskset: TaskSet, name: str) -> str:
    """A hash of what a task asks for: its kind, its metric, its labels, its own loss."""
    return digest(_task(taskset, name))


def _content(value: Any, *, image: bool) -> bytes:
    """What a cell holds; of the path of an image, the image."""
    if isinstance(value, bytes):
        return value
    if image and isinstance(value, str):
        try:
            status = Path(value).stat()
        except OSError:
            return b""
        return _file_digest(value, status.st_size, status.st_mtime_ns)
    return repr(value).encode()


@functools.lru_cache(maxsize=200_000)
def _file_digest(path: str, size: int, changed: int) -> bytes:
    """A hash of a file; size and time of change are there so that it is read again when changed."""
    del size, changed
    found = hashlib.blake2b(digest_size=16)
    with Path(path).open("rb") as file:
        while chunk := file.read(1 << 22):
            found.update(chunk)
    return found.digest()


def _task(taskset: TaskSet, name: str) -> list[Any]:
    task = taskset[name]
    losses = [text for text in (task.loss, task.loss_code) if text]
    return [name, task.kind, task.metric, list(task.labels), *losses]


def _weights(tables: Iterable[Table], settings: Mapping[str, Any]) -> list[str]:
    from polytask.learning.encoders import chosen, modality_of
    from polytask.learning.recipes.recipe import Context

    context = Context(
        encoder=str(settings["encoder"]), image_encoder=str(settings["image_encoder"])
    )
    names = {chosen(modality_of(table.columns), table.language, context) for table in tables}
    return [f"{name} {_identity(name)}" for name in sorted(names)]


def _identity(name: str) -> str:
    """A hash of the files of an encoder; "" where it is not in a folder here."""
    from polytask._errors import UserError
    from polytask.learning.encoders import where

    try:
        folder = Path(where(name))
    except UserError:
        return ""
    found = hashlib.blake2b(digest_size=16)
    for path in sorted(folder.glob("*")) if folder.is_dir() else []:
        if path.is_file():
            found.update(path.name.encode())
            status = path.stat()
            found.update(_file_digest(str(path), status.st_size, status.st_mtime_ns))
    return found.hexdigest()
