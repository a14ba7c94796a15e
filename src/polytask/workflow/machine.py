"""What a run needs of this machine, looked at before torch is loaded: device, home, encoders."""

from __future__ import annotations

import json
import re
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from polytask._catalogue import nearest
from polytask._errors import ConfigError, MissingError, ModelError

if TYPE_CHECKING:
    from polytask.tasks.task import TaskSet
    from polytask.workflow.settings import Settings

_DEVICES = ("cpu", "cuda", "mps")
_GPUS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
"""Device files of NVIDIA, AMD and the Windows subsystem; torch calls all three `cuda`."""

_PATIENCE = 10.0
"""Seconds in which a hub answers."""

_WEIGHTS = ("model.safetensors", "model.safetensors.index.json")


def check_machine(settings: Settings) -> None:
    """Refuse a device or an encoder that is not there.

    Args:
        settings: What the user chose.

    Raises:
        ConfigError: An unknown device or encoder (the nearest is offered), or no such device here.
        MissingError: Embedded weights that have not been fetched.
        ModelError: An encoder folder without configuration, weights or tokenizer, or a hub id that
            cannot be fetched.
    """
    check_device(settings.device)
    if settings.encoder:
        _check_encoder(settings.encoder, text=True)
    if settings.image_encoder:
        _check_encoder(settings.image_encoder, text=False)


def check_encoders(taskset: TaskSet, settings: Settings) -> None:
    """Refuse images alone where no image encoder is here: only texts can be learned without one.

    Raises:
        MissingError: With the command that fetches one.
    """
    from polytask.learning.weights import find, source_of

    tables = [taskset.tables[taskset[name].table] for name in taskset]
    images = [any(column.modality == "image" for column in table.columns) for table in tables]
    if all(images) and not settings.image_encoder and find("image") is None:
        source = source_of("image")
        raise MissingError(
            f"Images need an encoder, and the weights {source.name!r} ({source.megabytes} MB) are "
            "not here: polytask weights get image, or give a folder with --image-encoder"
        )


def check_device(device: str) -> None:
    """Refuse what torch would not know as a device, and a GPU on a machine without.

    >>> check_device("gpu")
    Traceback (most recent call last):
    ...
    polytask._errors.ConfigError: Unknown device 'gpu': ... Known: cpu, cuda, mps
    """
    name = device.partition(":")[0]
    if not re.fullmatch(rf"({'|'.join(_DEVICES)})(:\d+)?", device):
        raise ConfigError(f"Unknown device {device!r}: {nearest(name, _DEVICES)}")
    if name == "cuda" and metadata.version("torch").endswith("+cpu"):
        raise ConfigError(
            f"The device {device!r} needs a build of torch for it; this one is for the CPU: "
            "install another, or leave out --device"
        )
    if not _has(name):
        raise ConfigError(f"This machine has no device {device!r}: leave out --device")


def _has(device: str) -> bool:
    """Whether the machine looks as if it had a device; torch, which loads slowly, is not asked."""
    if device == "cuda":
        return any(Path(path).exists() for path in _GPUS)
    return device == "cpu" or sys.platform == "darwin"


def _check_encoder(name: str, *, text: bool) -> None:
    from polytask.learning.encoders import where

    folder = Path(where(name))
    if not folder.is_dir():
        _check_hub(name)
        return
    wanted = [("config.json",), _WEIGHTS, *([("tokenizer.json",)] if text else [])]
    absent = [names[0] for names in wanted if not any((folder / n).is_file() for n in names)]
    if absent:
        raise ModelError(
            f"The encoder folder {name!r} lacks {' and '.join(absent)}: give a folder with "
            f"{', '.join(names[0] for names in wanted)}, as save_pretrained of transformers writes"
        )
    try:
        known = "model_type" in json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (ValueError, TypeError) as error:
        raise ModelError(f"{folder / 'config.json'} is damaged ({error}): copy it again") from error
    if not known:
        raise ModelError(
            f"{folder / 'config.json'} names no `model_type`, so nothing can tell what it is: "
            "give a folder as save_pretrained of transformers writes"
        )


def _check_hub(name: str) -> None:
    """Refuse an id that the hub does not give: a run would wait for it until its time is over."""
    from huggingface_hub import HfApi, try_to_load_from_cache

    try:
        if not isinstance(try_to_load_from_cache(name, "config.json"), str):
            HfApi().model_info(name, timeout=_PATIENCE)
    except Exception as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise ModelError(
            f"The encoder {name!r} cannot be fetched from the hub ({reason}): check its name and "
            "the network, give a folder, or leave it out"
        ) from error
