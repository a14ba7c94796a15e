"""How a process is shut in, and which ways this machine has."""

from __future__ import annotations

import functools
import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from polytask._errors import ConfigError, MissingError

if TYPE_CHECKING:
    from collections.abc import Sequence

BUBBLEWRAP, LANDLOCK = "bubblewrap", "landlock"

_HERE = Path(__file__).parent
_SYSTEM = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/etc/ld.so.cache")
_DEVICES = ("/dev/null", "/dev/urandom")
_ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}
_PROBE_SECONDS = 20


@functools.cache
def ways() -> tuple[str, ...]:
    """The ways that this machine has, the better first; tried once.

    bubblewrap starts the process in namespaces of its own: it sees a file system that holds Python
    and what was handed in, no network, no other process. Landlock leaves it where it is and has the
    kernel refuse; the existence of files and the kernel's version can still be seen.
    """
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return ()
    from polytask.isolation.confining import landlock_version

    found = (BUBBLEWRAP,) if _bubblewrap_works() else ()
    return (*found, LANDLOCK) if landlock_version() else found


def chosen(way: str | None) -> str:
    """The way asked for, or the best there is.

    Raises:
        MissingError: There is none, or not that one: then no code is run.
        ConfigError: An unknown way.
    """
    if way not in (None, BUBBLEWRAP, LANDLOCK):
        raise ConfigError(f"`way` is {BUBBLEWRAP!r} or {LANDLOCK!r}; found {way!r}")
    there = ways()
    if not there or way not in (None, *there):
        raise MissingError(
            f"Code runs only where it can be shut in, by {way or 'bubblewrap or Landlock'}, which "
            "this machine does not have: install bubblewrap (`apt install bubblewrap`; it needs "
            "user namespaces), or use Linux 5.13 or later on x86-64 with Landlock"
        )
    return way or there[0]


def command(
    way: str, seconds: int, memory: int, files: Sequence[Path], program: str = "inside.py"
) -> tuple[list[str], dict[str, str]]:
    """The command that starts a program of this package shut in, and its environment.

    Args:
        way: One of `ways()`.
        seconds: Of computing.
        memory: Bytes of address space.
        files: Files that may be read.
        program: Which one.
    """
    readable = [*_runtime(), *(str(path) for path in files)]
    options = {"seconds": seconds, "memory": memory, "readable": [*readable, _DEVICES[1]]}
    options |= {"landlock": way == LANDLOCK}
    # Not -I: it would ignore the seed of hashes, and the environment is ours alone.
    python = [sys.executable, "-s", "-P", "-B", str(_HERE / program), json.dumps(options)]
    return ([*_wrap(readable), *python] if way == BUBBLEWRAP else python), dict(_ENVIRONMENT)


def _runtime() -> list[str]:
    """Where Python and its packages lie, and this package's folder."""
    places = dict.fromkeys([*_SYSTEM, sys.base_prefix, sys.prefix, str(_HERE)])
    return [place for place in places if Path(place).exists()]


def _wrap(readable: Sequence[str]) -> list[str]:
    found = [shutil.which("bwrap") or "bwrap", "--unshare-all", "--die-with-parent"]
    found += ["--new-session", "--cap-drop", "ALL", "--uid", "65534", "--gid", "65534"]
    found += ["--hostname", "isolated"]
    for path in readable:
        found += ["--ro-bind", path, path]
    for path in _DEVICES:
        found += ["--dev-bind", path, path]
    return [*found, "--remount-ro", "/", "--chdir", "/", "--"]


def _bubblewrap_works() -> bool:
    """Whether bubblewrap is there and may do its work: containers often forbid namespaces."""
    if shutil.which("bwrap") is None:
        return False
    asked = [*_wrap(_runtime()), sys.executable, "-I", "-c", ""]
    try:
        done = subprocess.run(asked, capture_output=True, timeout=_PROBE_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
