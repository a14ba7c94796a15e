"""`polytask mcp` before it serves: a wrong option, a missing extra."""

from __future__ import annotations

import pytest

from polytask._errors import MissingError
from polytask.assistant.limits import Limits
from polytask.assistant.server import serve


def test_wrong_options_are_refused(polytask, tmp_path):
    polytask("mcp", "--root", tmp_path / "none").refuses("`--root` is a folder")
    polytask("mcp", "--root", tmp_path, "--max-budget", "soon").refuses("A budget is a time")


def test_a_missing_extra_says_how_to_install_it(monkeypatch, tmp_path):
    def absent(name):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr("polytask._optional.importlib.import_module", absent)
    with pytest.raises(MissingError, match=r"pip install 'polytask\[mcp\]'"):
        serve(Limits(tmp_path))
