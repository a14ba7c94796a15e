"""The records of this user's runs: one file of JSON lines, its first line the format.

It is small and written whole under a temporary name, so that a crash leaves the old or the new one,
and a lock lets runs that end at the same time wait for each other. It only saves time: one that is
damaged or cannot be written ends no run.
"""

from __future__ import annotations

import fcntl
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from polytask import _durable
from polytask._errors import ConfigError
from polytask.knowledge.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FORMAT = 1
MOST = 500
"""Runs that are kept; the oldest go first."""
BYTES = 4_000_000
"""Size of the file at most; the oldest go first."""


class Store:
    """The records in the file at `path`, the oldest first.

    Args:
        path: The file; made when a first record is added.

    Attributes:
        problem: Why some or all of it cannot be read or written; "" when all is well.
        closed: Whether nothing of it could be read, so that writing would lose what it holds.

    >>> import tempfile
    >>> from pathlib import Path
    >>> store = Store(Path(tempfile.mkdtemp()) / "knowledge.jsonl")
    >>> store.add(Record("0123abcd", "snips-1", "2026-11-30", "0.1.0", (), ()))
    >>> [record.name for record in store.records()], store.forget("0123abcd"), store.records()
    (['snips-1'], 1, [])
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem = ""
        self.closed = False

    @property
    def bytes(self) -> int:
        """Size of the file."""
        try:
            return self.path.stat().st_size
        except OSError:  # not there, or not to be read: `records` says which
            return 0

    def records(self) -> list[Record]:
        """All records that can be read, the oldest first."""
        self.problem, self.closed = "", False
        try:
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            self.problem, self.closed = f"{self.path} cannot be read: {error.strerror}", True
            return []
        if lines and _format(lines[0]) > FORMAT:
            self.problem = f"{self.path} was written by a newer polytask, which alone can read it"
            self.closed = True
            return []
        read = list(map(_record, lines[1:]))
        lost = read.count(None) + bool(lines and not _format(lines[0]))
        if lost:
            self.problem = f"{lost} damaged line(s) of {self.path} were left aside"
        return [record for record in read if record is not None]

    def add(self, record: Record) -> None:
        """Add a record in place of what is known of the same run; the oldest make room."""
        self._change(lambda known: [one for one in known if one.run != record.run] + [record])

    def forget(self, run: str) -> int:
        """Take out the run with this id or name, or "all"; how many went.

        Raises:
            ConfigError: There is no such run.
        """
        gone: list[Record] = []

        def keep(known: list[Record]) -> list[Record]:
            gone.extend(one for one in known if run in ("all", one.run, one.name))
            if not gone and run != "all":
                names = ", ".join(f"{one.run} ({one.name})" for one in known) or "none"
                raise ConfigError(
                    f"No run {run!r} is remembered; known: {names}. `--forget all` empties it"
                )
            return [one for one in known if one not in gone]

        self._change(keep)
        return len(gone)

    def _change(self, change: Callable[[list[Record]], list[Record]]) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._locked():
                known = self.records()
                if self.closed:
                    return
                _durable.write(self.path, _text(change(known)))
        except OSError as error:
            self.problem = f"{self.path} cannot be written: {error.strerror}"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self.path.with_suffix(".lock").open("w", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _text(records: list[Record]) -> str:
    """The file that holds the latest `records`, within its bounds."""
    lines: list[str] = []
    room = BYTES
    for record in reversed(records[-MOST:]):
        line = json.dumps(record.to_json(), ensure_ascii=False, separators=(",", ":")) + "\n"
        room -= len(line.encode())
        if room < 0:
            break
        lines.append(line)
    return "".join([json.dumps({"format": FORMAT}) + "\n", *reversed(lines)])


def _format(line: str) -> int:
    """The format that a first line states; 0 if it is none."""
    try:
        return int(json.loads(line)["format"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return 0


def _record(line: str) -> Record | None:
    try:
        return Record.from_json(json.loads(line))
    except (ValueError, RecursionError):  # counted by who reads
        return None
