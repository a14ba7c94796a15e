"""The files of a part: JSON and safetensors, written durably and read with suspicion.

Nothing here is pickled, and reading never runs anything from the folder. A file that is missing,
cut short, of another program or of a newer format is a `ModelError` that names the file.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from polytask._catalogue import Catalogue
from polytask._errors import ConfigError, ModelError
from polytask.tasks.task import KINDS, Column, Task

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np

    from polytask.learning.part import Part

FORMAT = 1
PART_FILE = "part.json"

PARTS = Catalogue(
    "kind of part",
    {
        "LinearPart": "polytask.learning.linear_part",
        "NeuralPart": "polytask.learning.neural_part",
        "ProgramPart": "polytask.learning.program_part",
    },
)
"""Kinds of parts, by the name that `part.json` holds under "part"; each has `load(folder)`."""


def load_part(folder: Path) -> Part:
    """The part saved in `folder`; its kind is looked up in `PARTS`.

    Raises:
        ModelError: A file is missing, damaged, foreign or of a newer format.
    """
    kind = read_part_json(folder).get("part")
    if not isinstance(kind, str) or kind not in PARTS:
        raise ModelError(
            f"{folder / PART_FILE}: unknown kind of part {kind!r} (known: {', '.join(PARTS)}); "
            "it was written by another program or a newer polytask"
        )
    part: Part = PARTS.load(kind).load(folder)
    return part


def read_part_json(folder: Path, kind: str | None = None) -> dict[str, Any]:
    """The content of `part.json` in `folder`, its format checked.

    Args:
        folder: The folder of a part.
        kind: The kind of part it must be, or `None` for any.

    Raises:
        ModelError: Missing, damaged, of a newer format or of another kind.
    """
    content = read_json(folder / PART_FILE)
    if kind is not None and content.get("part") != kind:
        raise ModelError(
            f"{folder / PART_FILE}: holds a {content.get('part')!r} where a {kind!r} is expected"
        )
    return content


def write_part_json(folder: Path, kind: str, part: Part, content: Mapping[str, Any]) -> None:
    """Write `part.json`: format, kind, recipe, tasks, and what else the kind keeps in `content`."""
    head = {"part": kind, "recipe": part.recipe, "tasks": tasks_to_json(part.tasks)}
    write_json(folder / PART_FILE, {**head, **content})


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write `content` with the format number as JSON and force it onto the disk."""
    write_text(path, json.dumps({"format": FORMAT, **content}, ensure_ascii=True, indent=1) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write `text` and force it onto the disk."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def read_json(path: Path) -> dict[str, Any]:
    """Read what `write_json` wrote.

    Raises:
        ModelError: Missing, not JSON, not of polytask, or of a newer format.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelError(f"{path}: not found; this is no complete polytask model") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: not readable as JSON ({error}); copy the model again") from error
    if not isinstance(content, dict) or not isinstance(content.get("format"), int):
        raise ModelError(f"{path}: has no format number; it is no file of polytask")
    if content["format"] > FORMAT:
        raise ModelError(
            f"{path}: format {content['format']} is newer than {FORMAT}, the newest that this "
            "polytask reads; upgrade polytask"
        )
    return content


def write_tensors(path: Path, tensors: Mapping[str, np.ndarray]) -> None:
    """Write arrays as safetensors and force them onto the disk."""
    import numpy as np
    from safetensors.numpy import save

    data = save({name: np.ascontiguousarray(value) for name, value in tensors.items()})
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def read_tensors(path: Path) -> dict[str, np.ndarray]:
    """Read what `write_tensors` wrote.

    Raises:
        ModelError: Missing, cut short or no safetensors file.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        tensors: dict[str, np.ndarray] = load_file(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelError(f"{path}: not found; this is no complete polytask model") from error
    except SafetensorError as error:
        raise ModelError(f"{path}: damaged or cut short ({error}); copy the model again") from error
    return tensors


def tasks_to_json(tasks: Mapping[str, Task]) -> dict[str, Any]:
    """Tasks as plain JSON values, by name."""
    found = {name: asdict(task) for name, task in tasks.items()}
    for column in (column for task in found.values() for column in task["inputs"]):
        if not column["code"]:
            del column["code"]
    return found


def tasks_from_json(content: object, path: Path) -> dict[str, Task]:
    """Tasks as `tasks_to_json` wrote them; `path` is named in errors.

    Raises:
        ModelError: Something that is no task.
    """
    if not isinstance(content, dict):
        raise ModelError(f"{path}: `tasks` is no mapping; the file is damaged or foreign")
    try:
        return {str(name): _task(value) for name, value in content.items()}
    except (TypeError, KeyError, ConfigError) as error:
        raise ModelError(
            f"{path}: `tasks` cannot be read ({error}); copy the model again"
        ) from error


def _task(value: Mapping[str, Any]) -> Task:
    known = {field.name for field in fields(Task)}
    plain = {key: value[key] for key in known if key in value}
    if plain["kind"] not in (*KINDS, "program"):
        raise ConfigError(f"unknown kind {plain['kind']!r}")
    plain["inputs"] = tuple(Column(**column) for column in value["inputs"])
    plain["labels"] = tuple(str(label) for label in value["labels"])
    return Task(**plain)
