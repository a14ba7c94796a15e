"""The host's side of the worker: start it, ask it, kill it."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from polytask import _errors
from polytask.workflow.folder import saving

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


_FOREVER = 1e9
_DOUBTFUL = 6.0
_LOOK = 0.25
"""The share of what is left that a second look may take: it must not eat what it makes room for."""


class WorkerStopped(Exception):  # noqa: N818  # not an error: the budget ended
    """The worker was killed because its deadline passed."""


def expected(call: Callable[..., Any], deadline: float, what: Mapping[str, Any]) -> float:
    """Seconds that a training would take, by the worker; looked at twice before it is too long.

    An estimate made while other work had the processors can be several times too high. Beyond
    `_DOUBTFUL` times what is left no second look would help.

    Args:
        call: Asks the worker.
        deadline: `time.monotonic()` value by which the training must be done.
        what: The arguments of `train`.

    Raises:
        WorkerStopped: The deadline passed meanwhile.
    """
    found = float(call("estimate", deadline, **what))
    left = deadline - time.monotonic()
    if left < found <= _DOUBTFUL * left:
        call("look_again", deadline, seconds=_LOOK * left)
        found = min(found, float(call("estimate", deadline, **what)))
    return found


@dataclass
class Worker:
    """A worker process, started on the first call and again after a kill.

    Args:
        settings: What the worker needs to know (see `State.start`).
        log: File that takes whatever the worker prints.
        on_event: Takes every event it emits.
        on_wait: Called about once a second while a call is under way.
    """

    settings: Mapping[str, Any]
    log: Path
    on_event: Callable[[dict[str, Any]], None]
    on_wait: Callable[[], None]
    _process: subprocess.Popen[str] | None = field(default=None, init=False)
    _answers: int = field(default=-1, init=False)
    _buffer: bytes = field(default=b"", init=False)
    _waited: float = field(default_factory=time.monotonic, init=False)

    def start(self) -> None:
        """Start the process if it does not run; its imports go on beside the caller."""
        if self._process is not None:
            return
        self._answers, theirs = os.pipe()
        # Threads that wait shortly in a loop: see LOG.md, "How threads wait"; the user's word wins.
        environment = {"GOMP_SPINCOUNT": "30000", "TOKENIZERS_PARALLELISM": "false", **os.environ}
        settings = json.dumps({**self.settings, "parent": os.getpid()})
        with saving(self.log.parent), self.log.open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "polytask.workflow.worker", str(theirs), settings],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=[theirs],
                env=environment,
                start_new_session=True,  # Ctrl-C reaches the host alone
                text=True,
            )
        os.close(theirs)
        self._buffer = b""

    def call(self, operation: str, deadline: float | None = None, **arguments: Any) -> Any:
        """Carry out `operation` in the worker and give its result.

        Args:
            operation: A name in `OPERATIONS`.
            deadline: `time.monotonic()` value after which the worker is killed; `None` for none.
            arguments: Plain data.

        Raises:
            WorkerStopped: The deadline passed.
            PolytaskError: What the operation raised, of the same class.
        """
        self.start()
        process = self._process
        assert process is not None
        assert process.stdin is not None
        request = {"operation": operation, "arguments": arguments}
        try:
            process.stdin.write(json.dumps(request, ensure_ascii=False) + "\n")
            process.stdin.flush()
        except BrokenPipeError:
            self._gone(operation)
        while True:
            message = self._next(operation, deadline)
            if "event" in message:
                self.on_event(message["event"])
            elif "result" in message:
                return message["result"]
            else:
                raise _error(message["error"])

    def stop(self) -> None:
        """Kill the process if it runs."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # a request it never read
                process.stdin.close()
        os.close(self._answers)

    def _next(self, operation: str, deadline: float | None) -> dict[str, Any]:
        with selectors.DefaultSelector() as selector:
            selector.register(self._answers, selectors.EVENT_READ)
            while b"\n" not in self._buffer:
                self._wait()
                left = _FOREVER if deadline is None else deadline - time.monotonic()
                if left <= 0:
                    self.stop()
                    raise WorkerStopped(operation)
                if not selector.select(timeout=min(1.0, left)):
                    continue
                chunk = os.read(self._answers, 1 << 16)
                if not chunk:
                    self._gone(operation)
                self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return dict(json.loads(line))

    def _wait(self) -> None:
        """Tell that time passes, once a second, however often the worker speaks."""
        if time.monotonic() - self._waited >= 1.0:
            self._waited = time.monotonic()
            self.on_wait()

    def _gone(self, operation: str) -> None:
        process = self._process
        code = process.wait() if process else None
        self.stop()
        raise _errors.RunError(
            f"The worker process ended during `{operation}` (exit status {code}; -9 often means "
            f"that memory ran out). Its output is in {self.log}"
        )


def _error(found: Mapping[str, str]) -> Exception:
    kind = getattr(_errors, found["type"], _errors.RunError)
    error: Exception = kind(found["message"])
    error.add_note(found["traceback"])
    return error
