"""The run folder: its places, its marker, its lock."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytask import _durable
from polytask._errors import OutputError, command

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FORMAT = 1
PROGRAMS = "programs"
"""Below a run folder: copies of the programs that answer tasks."""
STEPS = "steps"
"""Below a run folder: copies of the files that clean and label rows, and what came of them."""


@dataclass(frozen=True)
class RunFolder:
    """Places of one run below `path` (a `Path`, or its text)."""

    path: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path))

    @property
    def marker(self) -> Path:
        """`run.json`: format, settings, state."""
        return self.path / "run.json"

    @property
    def plan(self) -> Path:
        """The plan program."""
        return self.path / "plan.py"

    @property
    def task_file(self) -> Path:
        """The task set."""
        return self.path / "tasks.yaml"

    @property
    def journal(self) -> Path:
        """The journal of operations."""
        return self.path / "journal.sqlite"

    @property
    def events(self) -> Path:
        """One JSON line an event."""
        return self.path / "events.jsonl"

    @property
    def data(self) -> Path:
        """Data that were given in memory."""
        return self.path / "data"

    @property
    def parts(self) -> Path:
        """Trained parts, one folder a key."""
        return self.path / "parts"

    @property
    def model(self) -> Path:
        """The model delivered."""
        return self.path / "model"

    @property
    def report(self) -> Path:
        """The report as data."""
        return self.path / "report.json"

    @property
    def html(self) -> Path:
        """The report to look at."""
        return self.path / "report.html"

    @property
    def lock(self) -> Path:
        """Held by the process that writes here."""
        return self.path / "lock"

    @property
    def exists(self) -> bool:
        """Whether a run stands here, as far as can be seen."""
        try:
            return self.marker.is_file()
        except OSError:  # no right to look, or a name too long: said by who reads or writes there
            return False

    def settings(self) -> dict[str, Any]:
        """What `run.json` says.

        Raises:
            OutputError: No run stands here, or its format is newer or damaged.
        """
        if not self.exists:
            raise OutputError(
                f"{self.path} is no run folder: it has no run.json; "
                "`polytask runs FOLDER` lists the runs below a folder"
            )
        try:
            found = json.loads(self.marker.read_text(encoding="utf-8"))
            number = int(found["format"])
        except (ValueError, KeyError, TypeError) as error:
            raise OutputError(
                f"{self.marker} is damaged: {error}; start a new run folder"
            ) from error
        if number > FORMAT:
            raise OutputError(
                f"{self.marker} has format {number}, this polytask reads up to {FORMAT}: "
                "use a newer polytask"
            )
        return dict(found)

    def check_free(self) -> None:
        """Refuse a place that holds a run or anything else; makes nothing.

        Raises:
            OutputError: With the way out: resume, or another folder.
        """
        if self.exists:
            raise OutputError(
                f"{self.path} holds a run already: {command('run', self.path)} resumes it, "
                "another --out starts a new one"
            )
        with saving(self.path):
            if self.path.exists() and not (self.path.is_dir() and self._is_empty()):
                raise OutputError(
                    f"{self.path} exists and is not an empty folder; nothing was touched: "
                    "choose another --out"
                )

    @contextlib.contextmanager
    def created(self, settings: Mapping[str, Any]) -> Iterator[None]:
        """Make the folder, let the caller fill it, and mark it as a run last.

        What goes wrong in between leaves nothing behind, so that a marked folder can be resumed
        and the same command given again; what a killed process has left there is taken away.
        """
        self.check_free()
        again, made = "then give the same command again", not self.path.exists()
        with saving(self.path, again):
            self.path.mkdir(parents=True, exist_ok=True)
        with self.locked():
            self.check_free()  # of two runs at once, one fails in one of these two lines
            try:
                with saving(self.path, again):
                    self._clear()
                    self.parts.mkdir()
                    yield
                    write_json(self.marker, {"format": FORMAT, **settings})
            except BaseException:
                self._clear()
                with contextlib.suppress(OSError):
                    self.lock.unlink()
                    if made:
                        self.path.rmdir()
                raise

    def _is_empty(self) -> bool:
        """Whether nothing stands here but what a process killed in `created` has left."""
        found = {path.name.removesuffix(".tmp") for path in self.path.iterdir()}
        ours = {path.name for path in (self.lock, *_first(self), self.data, self.parts)}
        ours |= {PROGRAMS, STEPS}
        return not found or (
            self.lock.name in found
            and found <= ours
            and not (self.parts.exists() and any(self.parts.iterdir()))
        )

    def _clear(self) -> None:
        """Take away what stands in a folder that did not become a run."""
        with contextlib.suppress(OSError):
            for path in _first(self):
                path.unlink(missing_ok=True)
                path.with_name(f"{path.name}.tmp").unlink(missing_ok=True)
            for path in (self.data, self.path / PROGRAMS, self.path / STEPS):
                shutil.rmtree(path, ignore_errors=True)
            if self.parts.exists():
                self.parts.rmdir()

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for one writer.

        Raises:
            OutputError: Another process is writing here.
        """
        with saving(self.path):
            descriptor = os.open(self.lock, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise OutputError(
                    f"{self.path} is in use by another polytask process; wait for it or stop it"
                ) from error
            yield
        finally:
            os.close(descriptor)


def _first(folder: RunFolder) -> tuple[Path, ...]:
    """What is written before a folder is a run."""
    return folder.marker, folder.task_file, folder.plan


def check_new(path: Path, option: str = "--out") -> None:
    """Refuse a file that is there already, or that cannot be.

    Args:
        path: The file.
        option: What names it on the command line.

    Raises:
        OutputError: With the way out.
    """
    with saving(path, option=option):
        if path.exists():
            raise OutputError(
                f"{path} exists and was not touched: choose another {option} or move it away"
            )


@contextlib.contextmanager
def saving(path: Path, way_out: str = "", *, option: str = "--out") -> Iterator[None]:
    """Turn a full disk, missing rights or an impossible place at `path` into an `OutputError`.

    Args:
        path: The file or folder that is written.
        way_out: What to do when some space is free; by default the run is resumed.
        option: What names it on the command line.
    """
    try:
        yield
    except Exception as error:
        way_out = way_out or f"then {command('run', path)} goes on"
        problem = _problem(error, path, way_out, f"choose another {option}")
        if not problem:
            raise
        raise OutputError(problem) from error


def _problem(error: Exception, path: Path, way_out: str, elsewhere: str) -> str:
    """What a person is told of an error while `path` was written; "" where it is another matter."""
    number = getattr(error, "errno", None)
    # polars, safetensors and copies of folders wrap the fault of the disk in errors of their own.
    if number in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error):
        return f"No space left while writing below {path}: free some space, {way_out}"
    if not isinstance(error, OSError):
        return ""
    reason = error.strerror or str(error)
    if number in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR):
        return f"{path} cannot be written ({reason}): {elsewhere}"
    # A missing folder or a name too long is the user's affair only where the output shall be.
    about = Path(os.fsdecode(error.filename)) if error.filename else None
    near = about is not None and (about.parent == path.parent or about.is_relative_to(path))
    if about is not None and (near or path.is_relative_to(about)):
        return f"{path} cannot be written ({reason}: {str(about)!r}): {elsewhere}"
    return ""


def write_json(path: Path, value: Any) -> None:
    """Write JSON under a temporary name, make it durable, rename it."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text under a temporary name, make it durable, rename it."""
    _durable.write(path, text)
