"""The files of a neural part: `part.json`, `heads/<number>.safetensors`, `encoder/`.

A complete part holds its encoder in the layout of transformers. A candidate holds in
`changes.safetensors` only the tensors that training changed, and the name and digest of the
weights it began from. What a transfer put into an encoder stands in `changes.safetensors` in both,
and the text form that puts it in again in `part.json`; what one task has of its own, in
`heads/<number>.adapter.safetensors`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from polytask._catalogue import parse
from polytask._errors import ConfigError, ModelError
from polytask.learning.encoders import ENCODERS
from polytask.learning.heads import HEADS
from polytask.learning.part_files import (
    PART_FILE,
    read_part_json,
    read_tensors,
    tasks_from_json,
    write_part_json,
    write_tensors,
)
from polytask.learning.transfer import TRANSFERS

if TYPE_CHECKING:
    from polytask.learning.encoders.encoder import Encoder
    from polytask.learning.heads.head import Head
    from polytask.learning.neural_part import NeuralPart
    from polytask.tasks.task import Task

KIND = "NeuralPart"
CHANGES = "changes.safetensors"


def save(part: NeuralPart, folder: Path, *, complete: bool) -> None:
    """Write `part` into `folder`; see `NeuralPart.save`."""
    encoder = part.encoder
    changed = encoder.changed()
    complete = complete or not encoder.source or changed is None
    content: dict[str, Any] = {
        "encoder": {"kind": type(encoder).__name__, "source": encoder.source, "complete": complete},
        "heads": {},
        "dtype": part.dtype,
        "passes": part.passes,
    }
    (folder / "heads").mkdir(parents=True)
    for number, (name, head) in enumerate(part.heads.items()):
        file = f"{number}.safetensors"
        content["heads"][name] = {"kind": type(head).__name__, "dim": head.dim, "file": file}
        write_tensors(folder / "heads" / file, _arrays(head.state_dict()))
        own = encoder.own(name)
        if own:
            write_tensors(folder / "heads" / _own_file(file), _arrays(own))
    if complete:
        (folder / "encoder").mkdir()
        encoder.save(folder / "encoder")
    else:
        content["encoder"] |= {"base": encoder.base_digest, "image_size": encoder.image_size}
    if encoder.transfer:
        content["encoder"]["transfer"] = encoder.transfer
    if encoder.transfer or not complete:
        tensors = (encoder.added() if complete else changed) or {}
        shared = {n: v for n, v in tensors.items() if not n.startswith("adapters.")}
        write_tensors(folder / CHANGES, _arrays(shared))
    write_part_json(folder, KIND, part, content)


def load(
    folder: Path, encoder: Encoder | None = None
) -> tuple[Encoder, dict[str, Head], dict[str, Any]]:
    """Read what `save` wrote: encoder, heads and facts; see `NeuralPart.load`."""
    path = folder / PART_FILE
    content = read_part_json(folder, KIND)
    tasks = tasks_from_json(content.get("tasks"), path)
    try:
        facts, heads = dict(content["encoder"]), dict(content["heads"])
        found = encoder if encoder is not None else _encoder(folder, facts, heads)
        made = {name: _head(folder, tasks[name], entry, found.dim) for name, entry in heads.items()}
        return (
            found,
            made,
            {
                "recipe": str(content["recipe"]),
                "dtype": _dtype(str(content["dtype"])),
                "passes": dict(content["passes"]),
            },
        )
    except (KeyError, TypeError) as error:
        raise ModelError(f"{path}: {error} is missing or wrong; the file is damaged") from error


def load_head(folder: Path, task: str) -> Head:
    """The head of one task alone, from a part saved in `folder`; the encoder is not read.

    Raises:
        ModelError: No such task there, or damaged files.
    """
    path = folder / PART_FILE
    content = read_part_json(folder, KIND)
    tasks = tasks_from_json(content.get("tasks"), path)
    if task not in tasks or task not in content.get("heads", {}):
        raise ModelError(f"{path}: has no task {task!r}; known: {', '.join(sorted(tasks))}")
    entry = content["heads"][task]
    try:
        return _head(folder, tasks[task], entry, int(entry["dim"]))
    except (KeyError, TypeError) as error:
        raise ModelError(f"{path}: {error} is missing or wrong; the file is damaged") from error


def _head(folder: Path, task: Task, entry: dict[str, Any], dim: int) -> Head:
    if entry["kind"] not in HEADS:
        raise ModelError(
            f"{folder / PART_FILE}: unknown head {entry['kind']!r}; written by a newer polytask"
        )
    head: Head = HEADS.load(entry["kind"])(task, dim)
    path = folder / "heads" / Path(str(entry["file"])).name
    _fill(head, read_tensors(path), path)
    return head.eval()


def _own_file(head_file: str) -> str:
    return head_file.replace(".safetensors", ".adapter.safetensors")


def _encoder(folder: Path, facts: dict[str, Any], heads: dict[str, Any]) -> Encoder:
    if facts["kind"] not in ENCODERS:
        raise ModelError(
            f"{folder / PART_FILE}: unknown encoder {facts['kind']!r}; written by a newer polytask"
        )
    kind = ENCODERS.load(facts["kind"])
    complete = bool(facts["complete"])
    found: Encoder = kind.load(folder / "encoder") if complete else _base(folder, facts, kind)
    if facts.get("transfer"):
        _put(found, str(facts["transfer"]), list(heads), folder / PART_FILE)
    if facts.get("transfer") or not complete:
        arrays = read_tensors(folder / CHANGES)
        for name, entry in heads.items():
            if found.own(name):
                file = _own_file(Path(str(entry["file"])).name)
                arrays |= read_tensors(folder / "heads" / file)
        _fill(found, arrays, folder / CHANGES, partly=True)
        for name, value in found.named_parameters():
            value.requires_grad_(name in arrays)  # so that it can be saved again as it was
    return found.eval()


def _base(folder: Path, facts: dict[str, Any], kind: type[Encoder]) -> Encoder:
    """The weights that a candidate began from, where they are still the same."""
    base = kind.load(facts["source"])
    if facts.get("image_size"):
        base.resize(facts["image_size"])
    if base.digest() != facts["base"]:
        raise ModelError(
            f"{folder}: was trained from other weights than {facts['source']!r} holds now; "
            "restore those weights, or train again"
        )
    base.base_digest = facts["base"]
    return base


def _put(encoder: Encoder, transfer: str, tasks: list[str], path: Path) -> None:
    """Put in again what `transfer` (text form) put in; its numbers are still to be filled."""
    try:
        with torch.random.fork_rng(devices=[]):
            TRANSFERS.build(parse(transfer)).put(encoder, tasks)
    except ConfigError as error:
        raise ModelError(
            f"{path}: its `transfer` cannot be read ({error}); damaged, or of a newer polytask"
        ) from error


def _fill(
    module: torch.nn.Module, arrays: dict[str, Any], path: Path, partly: bool = False
) -> None:
    """Load `arrays` into `module`; names and shapes must fit."""
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    try:
        missing = module.load_state_dict(tensors, strict=not partly)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:300]
        raise ModelError(f"{path}: does not fit its part.json ({reason})") from error
    if missing.unexpected_keys:
        raise ModelError(f"{path}: holds unknown tensors ({missing.unexpected_keys[0]}, …)")


def _arrays(state: dict[str, Any]) -> dict[str, Any]:
    return {name: value.detach().cpu().numpy() for name, value in state.items()}


def _dtype(saved: str) -> str:
    """The number format to compute in: that of training where this machine is fast at it."""
    from polytask.learning.precision import resolve

    return resolve("auto") if saved == "bfloat16" else "float32"
