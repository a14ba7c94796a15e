"""The memo: results of finished operations across runs, so that nothing is trained twice.

A memo only saves time. One that is damaged is set aside, one that cannot be written is left
alone; neither ends a run.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from polytask.planning.journal import Json

_SCHEMA = """
CREATE TABLE IF NOT EXISTS results (
    key TEXT PRIMARY KEY, output TEXT NOT NULL, artefact TEXT, stored REAL NOT NULL
)
"""


class Remembered(NamedTuple):
    """A stored result: plain data, and the folder or file that goes with it."""

    output: Json
    artefact: Path | None


class Memo:
    """Results by key, in one SQLite file shared by all runs.

    Args:
        path: The file; made when missing.

    Attributes:
        problem: Why the memo is not used, or was started anew; "" when all is well.

    >>> import tempfile
    >>> memo = Memo(Path(tempfile.mkdtemp()) / "memo.sqlite")
    >>> memo.put(key({"operation": "train", "seed": 0}), {"dev": 0.9})
    >>> memo.get(key({"seed": 0, "operation": "train"})).output
    {'dev': 0.9}
    >>> memo.close()
    """

    def __init__(self, path: Path) -> None:
        self.problem = ""
        self._path = path
        self._connection = self._open()

    def get(self, key: str) -> Remembered | None:
        """The result under `key`; `None` when there is none or its artefact is gone."""
        rows = self._try("SELECT output, artefact FROM results WHERE key = ?", (key,))
        if not rows:
            return None
        try:
            output = json.loads(rows[0][0])
        except ValueError:
            return None  # a damaged row is a missing one
        artefact = None if rows[0][1] is None else Path(rows[0][1])
        if artefact is not None and not artefact.exists():
            return None
        return Remembered(output, artefact)

    def put(self, key: str, output: Json, artefact: Path | None = None) -> None:
        """Store a result; the artefact must stay where it is (it is not copied)."""
        place = None if artefact is None else str(artefact.absolute())
        row = (key, json.dumps(output, ensure_ascii=False), place, time.time())
        self._try("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?)", row)

    def close(self) -> None:
        """Close the file; later calls find nothing and store nothing."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection | None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return _connect(self._path)
        except sqlite3.DatabaseError as error:
            return self._set_aside(error)
        except OSError as error:
            self.problem = f"the memo {self._path} cannot be used: {error}"
            return None

    def _set_aside(self, error: sqlite3.DatabaseError) -> sqlite3.Connection | None:
        if isinstance(error, sqlite3.OperationalError):  # locked, read-only, full: not damaged
            self.problem = f"the memo {self._path} cannot be used: {error}"
            return None
        aside = self._path.with_name(f"{self._path.name}.damaged")
        try:
            for suffix in ("-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
            self._path.replace(aside)
            connection = _connect(self._path)
        except (OSError, sqlite3.DatabaseError) as failure:
            self.problem = f"the memo {self._path} is damaged and cannot be replaced: {failure}"
            return None
        self.problem = f"the memo was damaged ({error}) and set aside as {aside}"
        return connection

    def _try(self, statement: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        if self._connection is None:
            return []
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.DatabaseError as error:
            self._connection.close()
            self._connection = self._set_aside(error)
            return []


def key(value: Json) -> str:
    """The memo key of a value: BLAKE2b of its canonical JSON, 40 hex digits.

    >>> key({"a": 1, "b": [2]}) == key({"b": [2], "a": 1})
    True
    """
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=20).hexdigest()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=5.0, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(_SCHEMA)
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection
