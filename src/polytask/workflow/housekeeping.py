"""Runs on disk, caches, and what this machine has."""

from __future__ import annotations

import fcntl
import platform
import shutil
import sys
import time
from importlib import metadata, util
from typing import TYPE_CHECKING, Any

from polytask import __version__
from polytask._errors import DataError, OutputError
from polytask._home import home
from polytask.workflow import remembering
from polytask.workflow.folder import RunFolder
from polytask.workflow.keys import versions

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def find_runs(folder: Path) -> list[dict[str, Any]]:
    """The runs in `folder` and one level below: path, state, size, sentence.

    A state is "running", "stopped" (it can go on), "failed", "finished" or "damaged".

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
        found["state"] = _state(folder)
        if folder.report.is_file():
            found["sentence"] = read(folder.report).sentence
    except (OutputError, DataError) as error:
        found["sentence"] = str(error)
    return found


def _state(folder: RunFolder) -> str:
    """What `run.json` says; a run that began and is in nobody's hands was stopped."""
    state = str(folder.settings().get("state", ""))
    if state != "started":
        return state
    return "running" if _is_held(folder.lock) else "stopped"


def _is_held(lock: Path) -> bool:
    """Whether a process holds the lock of a run."""
    if not lock.is_file():
        return False
    with lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def size(path: Path) -> int:
    """Bytes of the files below `path`; 0 if it does not exist."""
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def clean_caches(*, days: int, megabytes: float | None = None) -> int:
    """Delete cached features and a memo that were not used for `days` days; gives the bytes freed.

    Weights and runs are never touched.

    Args:
        days: What was used since is kept.
        megabytes: Room for what is left of the cached features; beyond it the oldest go too.
    """
    limit = time.time() - 86400 * days
    room = float("inf") if megabytes is None else megabytes * 1e6
    memo = _aged(home().glob("memo.sqlite*"))
    # The files of a memo are one database: all go or none.
    gone = memo if memo and memo[-1][0] <= limit else []
    for item in reversed(_aged((home() / "features").rglob("*"))):  # the latest first
        room -= item[1]
        if item[0] <= limit or room < 0:
            gone.append(item)
    for _, _, path in gone:
        path.unlink(missing_ok=True)
    return sum(count for _, count, _ in gone)


def _aged(paths: Iterable[Path]) -> list[tuple[float, int, Path]]:
    """Time of last use, bytes and path of the files among `paths`, the oldest first."""
    found = []
    for path in paths:
        if path.is_file():
            status = path.stat()
            found.append((max(status.st_atime, status.st_mtime), status.st_size, path))
    return sorted(found)


def examine() -> dict[str, Any]:
    """Versions, weights, caches, processor, and known troubles with their way out."""
    from polytask.learning.weights import WEIGHTS, find

    return {
        "polytask": __version__,
        "python": platform.python_version(),
        "libraries": versions() | {"pydantic-monty": metadata.version("pydantic-monty")},
        "extras": {extra: _versions(names) for extra, names in _EXTRAS.items()},
        "home": str(home()),
        "sizes": {
            **{name: size(home() / name) for name in ("weights", "features")},
            "knowledge": remembering.store().bytes,
        },
        "weights": {name: str(find(name) or "") for name in WEIGHTS},
        "processor": _processor(),
        "disk_free": shutil.disk_usage(_existing(home())).free,
        "troubles": _troubles(),
    }


_EXTRAS = {
    "llm": ("openai",),
    "llm-local": ("xllamacpp", "gguf", "accelerate"),
    "mcp": ("mcp",),
    "pandas": ("pandas", "pyarrow"),
}
"""By extra the packages that it brings."""


def _versions(packages: Iterable[str]) -> str:
    """The packages with their versions; "" where one is missing. Reads metadata alone."""
    try:
        return ", ".join(f"{name} {metadata.version(name)}" for name in packages)
    except metadata.PackageNotFoundError:
        return ""


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _processor() -> dict[str, Any]:
    from polytask.learning.precision import resolve

    return {
        "machine": platform.machine(),
        "bfloat16": resolve("auto") == "bfloat16",
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
