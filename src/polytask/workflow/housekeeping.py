"""Runs on disk, caches, and what this machine has."""

from __future__ import annotations

import platform
import shutil
import sys
import time
from importlib import metadata, util
from pathlib import Path
from typing import Any

from polytask import __version__
from polytask._errors import DataError, OutputError
from polytask._home import home
from polytask.workflow.folder import RunFolder
from polytask.workflow.keys import versions


def find_runs(folder: Path) -> list[dict[str, Any]]:
    """The runs in `folder` and one level below: path, state, size, sentence.

    Raises:
        OutputError: `folder` does not exist.
    """
    if not folder.is_dir():
        raise OutputError(f"{folder} is no folder; `polytask run … --out DIR` makes runs")
    candidates = [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
    return [_run(path) for path in candidates if RunFolder(path).exists]


def _run(path: Path) -> dict[str, Any]:
    from polytask.evaluation.report import read

    folder = RunFolder(path)
    found: dict[str, Any] = {
        "path": str(path),
        "bytes": size(path),
        "state": "damaged",
        "sentence": "",
    }
    try:
        found["state"] = str(folder.settings().get("state", ""))
        if folder.report.is_file():
            found["sentence"] = read(folder.report).sentence
    except (OutputError, DataError) as error:
        found["sentence"] = str(error)
    return found


def size(path: Path) -> int:
    """Bytes of the files below `path`; 0 if it does not exist."""
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def clean_caches(*, days: int) -> int:
    """Delete cached features unused for `days` days, and a memo as old; gives the bytes freed.

    Weights and runs are never touched.
    """
    limit = time.time() - 86400 * days
    files = [path for path in (home() / "features").rglob("*") if path.is_file()]
    files += [path for path in home().glob("memo.sqlite*") if path.is_file()]
    freed = 0
    for file in files:
        found = file.stat()
        if max(found.st_atime, found.st_mtime) <= limit:
            freed += found.st_size
            file.unlink()
    return freed


def examine() -> dict[str, Any]:
    """Versions, weights, caches, processor, and known troubles with their way out."""
    from polytask.learning.weights import WEIGHTS, find

    return {
        "polytask": __version__,
        "python": platform.python_version(),
        "libraries": versions() | {"pydantic-monty": metadata.version("pydantic-monty")},
        "home": str(home()),
        "sizes": {name: size(home() / name) for name in ("weights", "features")},
        "weights": {name: str(find(name) or "") for name in WEIGHTS},
        "processor": _processor(),
        "disk_free": shutil.disk_usage(_existing(home())).free,
        "troubles": _troubles(),
    }


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _processor() -> dict[str, Any]:
    flags: set[str] = set()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("flags"):
                flags = set(line.split())
    return {
        "machine": platform.machine(),
        "bfloat16": bool(flags & {"avx512_bf16", "amx_bf16"}),
        "system": f"{platform.system()} {platform.release()}",
    }


def _troubles() -> list[str]:
    found = [
        f"{package} is installed: with a CPU build of torch it breaks transformers; "
        f"pip uninstall {package}"
        for package in ("torchvision", "timm")
        if util.find_spec(package) is not None
    ]
    if sys.platform != "linux":
        found.append(f"{sys.platform} is not tested; Linux x86-64 is")
    return found
