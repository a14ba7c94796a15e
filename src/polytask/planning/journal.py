"""The journal: what a run has done, so that it can be killed at any moment and go on.

A plan program is deterministic but for what its operations answer. The journal records each
operation and its answer; on a resume the plan runs again from the top and the answers come from
here, up to the first operation that was not finished. "started" is written before an operation
and "done" after it, each durable (SQLite, WAL, synchronous FULL) before the run goes on.

```
state     written                        on replay
started   before the operation           carried out again
done      after it, with its answer      the answer
failed    it raised what a plan may see  raised again
stopped   the budget ended in it         OutOfTime again
```
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from polytask._errors import OutputError, PlanError, command
from polytask.planning.budget import OutOfTime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

FORMAT = 1

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

FAILURES: dict[str, type[Exception]] = {
    "ValueError": ValueError,
    "TypeError": TypeError,
    "RuntimeError": RuntimeError,
}
"""What an operation may raise into a plan: built-in exceptions, since only those cross."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS calls (
    seq INTEGER PRIMARY KEY, operation TEXT NOT NULL, arguments TEXT NOT NULL, key TEXT,
    plan TEXT NOT NULL, state TEXT NOT NULL, output TEXT, seconds REAL NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS said (number INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS clock (id INTEGER PRIMARY KEY CHECK (id = 0), used REAL NOT NULL);
INSERT OR IGNORE INTO clock VALUES (0, 0.0);
"""


class Call(NamedTuple):
    """One recorded operation."""

    seq: int
    operation: str
    arguments: dict[str, Json]
    key: str | None
    state: str
    output: Json
    seconds: float


class Journal:
    """The journal of one run; one process writes it at a time (the lock is the run folder's).

    Attributes:
        facts: What the run was started with (`meta` of the first `open`), the plan excepted,
            which is the present one.
        changed: Names in `meta` whose value differs from the recorded one; the recorded value
            stays in `facts`, except for "plan", which a user may edit between sessions.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path, since: float | None) -> None:
        self.facts: dict[str, Json] = {}
        self.changed: tuple[str, ...] = ()
        self._connection = connection
        self._path = path
        self._lock = threading.RLock()
        self._since = time.monotonic() if since is None else since
        self._before = 0.0
        self._plan = ""
        self._next = 0
        self._lines = 0
        self._closed = False

    @classmethod
    def open(cls, path: Path, *, meta: Mapping[str, Json], since: float | None = None) -> Journal:
        """Open the journal at `path`, or make it.

        Args:
            path: The file.
            meta: Facts of the run as plain data: "plan" (the whole text), and seed, budget,
                versions, threads, dtype, whatever a result depends on.
            since: `time.monotonic()` when this session began, if that was before now; time from
                then on counts as used.

        Raises:
            OutputError: Damaged, of a newer format, on a full or unwritable disk.
        """
        with _writing(path):
            connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=FULL")
                connection.executescript(_SCHEMA)
                journal = cls(connection, path, since)
                journal._start(meta)
            except BaseException:
                connection.close()
                raise
        return journal

    def call(
        self,
        operation: str,
        arguments: Mapping[str, Json],
        do: Callable[[], Any],
        *,
        key: str | None = None,
    ) -> Json:
        """The answer of the next operation: from the record, or by `do()`, which is then recorded.

        Args:
            operation: Its name.
            arguments: Its arguments by name, plain data.
            do: Carries it out; its answer must be plain data. What it raises of `FAILURES` and
                `OutOfTime` is recorded; anything else leaves the operation unfinished.
            key: The memo key of the result, if it has one; only kept beside it.

        Returns:
            The answer as JSON gives it back (a tuple is a list), the same now and on every replay.

        Raises:
            PlanError: The plan was not edited and yet calls something else than it did before.
        """
        replayed = self.recorded(operation, arguments)
        seq, self._next = self._next, self._next + 1
        if replayed:
            return _answer(self._record(seq))
        self._write(
            "INSERT OR REPLACE INTO calls (seq, operation, arguments, key, plan, state) "
            "VALUES (?, ?, ?, ?, ?, 'started')",
            (seq, operation, _text(arguments), key, self._plan),
        )
        began = time.monotonic()
        state, output = _carry_out(do)
        self._write(
            "UPDATE calls SET state = ?, output = ?, seconds = ? WHERE seq = ?",
            (state, json.dumps(output, ensure_ascii=False), time.monotonic() - began, seq),
        )
        return _answer(self._record(seq))

    def recorded(self, operation: str, arguments: Mapping[str, Json]) -> bool:
        """Whether the next operation has an answer on record; drops records an edit made void.

        Raises:
            PlanError: As `call`.
        """
        row = self._row("SELECT operation, arguments, plan, state FROM calls WHERE seq = ?")
        if row is None:
            return False
        same = (row[0], row[1]) == (operation, _text(arguments))
        if not same and row[2] == self._plan:
            raise PlanError(
                f"The plan is not deterministic: as its operation number {self._next + 1} it "
                f"called {_shown(row[0], row[1])} before and calls "
                f"{_shown(operation, _text(arguments))} now, with the same text. A plan may decide "
                "only by what its operations answer; start a new run if the data changed"
            )
        if not same:
            self._write("DELETE FROM calls WHERE seq >= ?", (self._next,))
            return False
        if row[2] != self._plan:
            self._write("UPDATE calls SET plan = ? WHERE seq = ?", (self._plan, self._next))
        return bool(row[3] != "started")

    def said(self, text: str) -> bool:
        """Note the plan's next line of log; `True` when an earlier session had said it already."""
        number, self._lines = self._lines, self._lines + 1
        row = self._connection.execute("SELECT text FROM said WHERE number = ?", (number,))
        if row.fetchone() == (text,):
            return True
        self._write("DELETE FROM said WHERE number >= ?", (number,))
        self._write("INSERT INTO said VALUES (?, ?)", (number, text))
        return False

    def end(self) -> None:
        """Drop records behind the plan's last operation: those of an edited plan's old tail."""
        self._write("DELETE FROM calls WHERE seq >= ?", (self._next,))
        self._write("DELETE FROM said WHERE number >= ?", (self._lines,))

    def forget(self, is_void: Callable[[Call], bool]) -> None:
        """Drop the first record that `is_void`, and all behind it: they are carried out again."""
        for call in self.calls():
            if is_void(call):
                self._write("DELETE FROM calls WHERE seq >= ?", (call.seq,))
                return

    def rewind(self) -> None:
        """Replay from the top: the next operation is the first again."""
        self._next, self._lines = 0, 0

    def calls(self) -> list[Call]:
        """All recorded operations in order."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT seq, operation, arguments, key, state, output, seconds "
                "FROM calls ORDER BY seq"
            ).fetchall()
        return [
            Call(row[0], row[1], json.loads(row[2]), row[3], row[4], _read(row[5]), row[6])
            for row in rows
        ]

    def lines(self) -> list[str]:
        """What the plan has said, in order."""
        with self._lock:
            rows = self._connection.execute("SELECT text FROM said ORDER BY number").fetchall()
        return [row[0] for row in rows]

    @property
    def used(self) -> float:
        """Active seconds over all sessions so far."""
        return self._before + time.monotonic() - self._since

    def tick(self) -> None:
        """Make the used time durable; called about once a second, from any thread."""
        self._write("UPDATE clock SET used = ?", (self.used,))

    def note(self, name: str, value: Json) -> None:
        """Record or replace a fact."""
        self._write("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, json.dumps(value)))
        self.facts[name] = value

    def close(self) -> None:
        """Write the used time and close the file."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            try:
                self.tick()
            finally:
                self._connection.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _start(self, meta: Mapping[str, Json]) -> None:
        rows = self._connection.execute("SELECT name, value FROM facts").fetchall()
        stored = {name: json.loads(value) for name, value in rows}
        _check_format(stored.get("format", FORMAT), self._path)
        given = json.loads(json.dumps(dict(meta)))  # compared as it will be read back
        self.changed = tuple(k for k, v in given.items() if k in stored and stored[k] != v)
        facts = {"format": FORMAT, **given, **stored}
        if "plan" in given:
            facts["plan"] = given["plan"]
        for name, value in facts.items():
            if name not in stored or stored[name] != value:
                self.note(name, value)
        self.facts = facts
        self._plan = hashlib.blake2b(
            str(facts.get("plan", "")).encode(), digest_size=16
        ).hexdigest()
        self._before = self._connection.execute("SELECT used FROM clock").fetchone()[0]

    def _record(self, seq: int) -> tuple[str, Json]:
        with self._lock:
            row = self._connection.execute(
                "SELECT state, output FROM calls WHERE seq = ?", (seq,)
            ).fetchone()
        return row[0], _read(row[1])

    def _row(self, query: str) -> tuple[Any, ...] | None:
        with self._lock:
            row: tuple[Any, ...] | None = self._connection.execute(query, (self._next,)).fetchone()
        return row

    def _write(self, statement: str, values: tuple[Any, ...]) -> None:
        # One statement is one transaction: durable when execute returns.
        with self._lock, _writing(self._path):
            self._connection.execute(statement, values)


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise OutputError(_problem(path, str(error))) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OutputError(_problem(path, "disk is full")) from error
        raise


def _problem(path: Path, found: str) -> str:
    if "full" in found:
        return (
            f"The disk is full: {path} cannot be written. What was finished is kept; "
            f"free some space, then {command('run', path.parent)} goes on"
        )
    if "malformed" in found or "not a database" in found:
        return f"The journal {path} is damaged ({found}); start a new run folder with --out"
    return f"The journal {path} cannot be written ({found}); check the folder and its permissions"


def _check_format(found: object, path: Path) -> None:
    if not isinstance(found, int) or found > FORMAT:
        raise OutputError(
            f"The journal {path} has format {found!r}, this polytask reads up to {FORMAT}: "
            "use a newer polytask"
        )


def _carry_out(do: Callable[[], Any]) -> tuple[str, Json]:
    try:
        return "done", do()
    except OutOfTime as error:
        return "stopped", str(error)
    except tuple(FAILURES.values()) as error:
        name = next(name for name, kind in FAILURES.items() if isinstance(error, kind))
        return "failed", {"error": name, "message": str(error)}


def _answer(record: tuple[str, Json]) -> Json:
    state, output = record
    if state == "stopped":
        raise OutOfTime(str(output))
    if state == "failed" and isinstance(output, dict):
        raise FAILURES[str(output["error"])](output["message"])
    return output


def _text(arguments: Mapping[str, Json]) -> str:
    return json.dumps(arguments, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _read(text: str | None) -> Json:
    value: Json = None if text is None else json.loads(text)
    return value


def _shown(operation: str, arguments: str) -> str:
    inner = ", ".join(f"{name}={value!r}" for name, value in json.loads(arguments).items())
    return f"{operation}({inner})"
