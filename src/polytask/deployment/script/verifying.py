"""A program run where polytask is not, and its figures held against those of the report.

The environment is a fresh one that sees the installed packages one by one, as links, all but
polytask; the program and its row numbers are copied into a fresh folder and run there.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from polytask._errors import RunError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.deployment.script.subject import Measured

_SAME = 1e-6
_LINES = 12
"""Last lines of a program that failed which are shown."""
_PASSED = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "HF_HOME",
    "HF_HUB_OFFLINE",
    "OMP_NUM_THREADS",
    "TMPDIR",
)
"""Variables of the environment that a program sees."""


@dataclass(frozen=True)
class Verified:
    """A figure of a program beside that of the report.

    Args:
        task: The task.
        reported: What the report says.
        found: What the program printed.
    """

    task: str
    reported: Measured
    found: float

    @property
    def verdict(self) -> Literal["identical", "within", "outside"]:
        """Identical to a millionth, within the interval of the report, or outside."""
        if math.isclose(self.found, self.reported.value, abs_tol=_SAME):
            return "identical"
        return "within" if self.reported.low <= self.found <= self.reported.high else "outside"


def verified(program: Path, reported: Mapping[str, Measured]) -> list[Verified]:
    """Run `program` in an environment without polytask and compare its last line.

    Args:
        program: Its file; row numbers stand beside it.
        reported: By task the figure of the report.

    Raises:
        RunError: The program failed, or printed no figures.
    """
    with tempfile.TemporaryDirectory(prefix="polytask-script-") as folder:
        python = environment(Path(folder) / "venv")
        place = Path(folder) / "work"
        place.mkdir()
        for path in (program, program.with_suffix(".rows.json")):
            if path.is_file():
                shutil.copy(path, place)
        text = _run([str(python), "-I", program.name, *_absolute(program)], place)
    found = _figures(text, program)
    unknown = set(found) - set(reported)
    if unknown:
        raise RunError(
            f"{program} prints figures of {', '.join(sorted(unknown))}, which is no task"
        )
    return [Verified(task, reported[task], value) for task, value in found.items()]


def environment(folder: Path) -> Path:
    """A fresh environment at `folder` with every installed package but polytask; its Python.

    Raises:
        RunError: polytask can be imported there all the same.
    """
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    place = folder / "lib" / version / "site-packages"
    for source in dict.fromkeys(map(Path, _packages())):
        for path in sorted(source.iterdir()):
            if _foreign(path) and not (place / path.name).exists():
                (place / path.name).symlink_to(path)
    probe = "import importlib.util, sys; sys.exit(importlib.util.find_spec('polytask') is not None)"
    if subprocess.run([str(python), "-I", "-c", probe], check=False).returncode:
        raise RunError(f"The environment at {folder} sees polytask: nothing would be shown by it")
    return python


def _packages() -> Sequence[str]:
    return [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]


def _foreign(path: Path) -> bool:
    """Whether `path` in a folder of packages has nothing to do with polytask."""
    if "polytask" in path.name.lower():
        return False
    if path.suffix == ".pth":  # what names other folders may name that of polytask
        return False
    return path.name != "__pycache__"


def _absolute(program: Path) -> list[str]:
    """`--data` for a program that names its data relative to where it was written."""
    found = re.search(r'^DATA = Path\(\s*(".*")\s*\)$', program.read_text("utf-8"), re.MULTILINE)
    return ["--data", str(Path(json.loads(found[1])).resolve())] if found else []


def _run(command: Sequence[str], place: Path) -> str:
    given = {name: value for name, value in os.environ.items() if name in _PASSED}
    done = subprocess.run(
        command, cwd=place, env=given, capture_output=True, text=True, check=False
    )
    if done.returncode:
        tail = "\n".join(done.stderr.strip().splitlines()[-_LINES:])
        raise RunError(f"The program failed with exit code {done.returncode}:\n{tail}")
    return done.stdout


def _figures(text: str, program: Path) -> dict[str, float]:
    last = (text.strip().splitlines() or [""])[-1]
    try:
        return {str(task): float(value) for task, value in json.loads(last).items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise RunError(f"{program} printed no figures; its last line is {last[:200]!r}") from error
