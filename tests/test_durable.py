from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from polytask import _durable


@pytest.fixture
def synced(monkeypatch):
    """Names of what was forced onto the disk, in order; a rename stands as "renamed"."""
    found = []
    fsync, rename = os.fsync, os.rename

    def noting(descriptor):
        found.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        fsync(descriptor)

    def renaming(*names, **more):
        found.append("renamed")
        rename(*names, **more)

    monkeypatch.setattr(os, "fsync", noting)
    monkeypatch.setattr(os, "rename", renaming)
    return found


def test_a_folder_is_on_the_disk_with_all_it_holds_before_it_has_its_name(tmp_path, synced):
    (tmp_path / "x.tmp" / "part" / "inner").mkdir(parents=True)
    (tmp_path / "x.tmp" / "part" / "inner" / "file").write_text("1")
    _durable.publish(tmp_path / "x.tmp", tmp_path / "x")
    assert synced == ["part", "inner", "file", "x.tmp", "renamed", tmp_path.name]
    assert (tmp_path / "x" / "part" / "inner" / "file").read_text() == "1"
    assert not (tmp_path / "x.tmp").exists()


def test_a_file_is_whole_or_as_before(tmp_path, synced, monkeypatch):
    path = tmp_path / "x.json"
    _durable.write(path, "中\n")
    assert path.read_bytes() == "中\n".encode()
    assert synced == ["x.json.tmp"]

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        _durable.write(path, "other")
    assert [(file.name, file.read_text(encoding="utf-8")) for file in tmp_path.iterdir()] == [
        ("x.json", "中\n")
    ]
