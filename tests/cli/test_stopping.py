"""The exit code of a command that was interrupted."""

import os
import subprocess
import sys

import pytest

from polytask import cli


def test_an_interruption_in_code_run_from_text_still_exits_with_1(tmp_path):
    # A class that `dataclasses` writes is such code; run as a module, as `python -m polytask` is.
    (tmp_path / "stopped.py").write_text(
        "from polytask.cli.stopping import stoppable\n"
        "def command():\n"
        "    exec('raise KeyboardInterrupt')\n"
        "stoppable(command)()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "stopped"], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "stopped" in done.stderr


def test_an_error_that_is_not_of_standard_output_is_not_hidden(monkeypatch, capsys):
    def broken():
        raise OSError(5, "of another device")

    monkeypatch.setattr(cli, "app", broken)
    with pytest.raises(OSError, match="of another device"):
        cli.main()
    assert capsys.readouterr().err == ""
