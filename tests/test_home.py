"""Where things that outlive a run are kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from polytask._home import home

if TYPE_CHECKING:
    import pytest


def test_the_user_chooses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path))
    assert home() == tmp_path
    monkeypatch.setenv("POLYTASK_HOME", "~/kept")
    assert home() == Path.home() / "kept"


def test_else_the_cache_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("POLYTASK_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert home() == tmp_path / "polytask"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert home() == Path.home() / ".cache" / "polytask"


def test_asking_makes_no_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path / "new"))
    assert not home().exists()
