"""The run that goes on beside the server, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from polytask._errors import ConfigError
from polytask.planning.journal import Journal
from polytask.workflow.folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_LAST = 20
"""Events that are told."""
_WORDS = 4000
"""Bytes of standard error that are told."""


@dataclass
class _Process:
    """A started process.

    Args:
        process: The process.
        errors: The file of its standard error; closed when it was read.
        words: What stood there at the end.
    """

    process: subprocess.Popen[bytes]
    errors: IO[bytes]
    words: str = ""

    def ended(self) -> tuple[int | None, str]:
        """Exit code and last words; `None` while it goes on."""
        code = self.process.poll()
        if code is not None and not self.errors.closed:
            self.errors.seek(0)
            self.words = self.errors.read()[-_WORDS:].decode("utf-8", "replace").strip()
            self.errors.close()
        return code, self.words


class Background:
    """Starts runs, one at a time, and tells how each stands.

    A run outlives the server: its budget ends it.
    """

    def __init__(self) -> None:
        self._started: dict[Path, _Process] = {}
        self._lock = threading.RLock()  # calls come from several threads

    def check_free(self) -> None:
        """Refuse a second run beside one that goes on.

        Raises:
            ConfigError: One goes on; the message names it.
        """
        for folder in self._started:
            if self._ended(folder)[0] is None:
                raise ConfigError(
                    f"One run at a time: {folder} goes on; follow it until it has ended"
                )

    def start(self, folder: Path, words: Sequence[str], root: Path) -> None:
        """Run `polytask` with `words` from `root`; `folder` is the run folder it makes.

        Raises:
            ConfigError: Another run goes on.
        """
        with self._lock:
            self.check_free()
            errors = tempfile.TemporaryFile()  # noqa: SIM115  # read when the run has ended
            process = subprocess.Popen(
                [sys.executable, "-m", "polytask", *words],
                cwd=root,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )
            self._started[folder] = _Process(process, errors)

    def standing(self, folder: Path) -> dict[str, Any]:
        """How the run in `folder` stands.

        Returns:
            `state` ("starting", "running", "finished", "failed", or "stopped" before its end),
            `error` of a failed one, `seconds_used` and `seconds_left` of its budget, and its last
            `events`.

        Raises:
            OutputError: No run stands there and none was started.
        """
        code, error = self._ended(folder)
        run = RunFolder(folder)
        if not run.exists and folder in self._started:
            return {"state": "starting"} if code is None else {"state": "failed", "error": error}
        run_json = run.settings()
        found = {"state": _state(str(run_json.get("state")), folder in self._started, code)}
        if error and code:
            found |= {"state": "failed", "error": error}
        return (
            found
            | _seconds(run, float(run_json["budget_seconds"]))
            | {"events": events(run)[-_LAST:]}
        )

    def _ended(self, folder: Path) -> tuple[int | None, str]:
        """Exit code and words on standard error; `None` while the run goes on, or is not ours."""
        with self._lock:
            return self._started[folder].ended() if folder in self._started else (None, "")


def events(run: RunFolder) -> list[Any]:
    """The events of a run so far; a line that is being written is left for later."""
    if not run.events.is_file():
        return []
    *lines, _ = run.events.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines]


def _state(noted: str, ours: bool, code: int | None) -> str:
    """The state in words; a run that another process started may go on."""
    if noted != "started":
        return noted
    if code is not None:
        return "stopped"
    return "running" if ours else "running elsewhere, or stopped"


def _seconds(run: RunFolder, budget: float) -> dict[str, float]:
    if not run.journal.is_file():
        return {"seconds_used": 0.0, "seconds_left": budget}
    with closing(Journal.open(run.journal, meta={})) as journal:
        used = journal.used
    return {"seconds_used": round(used, 1), "seconds_left": round(max(0.0, budget - used), 1)}
