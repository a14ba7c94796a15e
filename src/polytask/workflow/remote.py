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
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


_FOREVER = 1e9
NOT_YET = object()
"""What `Worker.hear` gives while there is no answer."""


class WorkerStopped(Exception):  # noqa: N818  # not an error: the budget ended
    """The worker was killed because its deadline passed."""


@dataclass
class Worker:
    """A worker process, started on the first call and again after a kill.

    Args:
        settings: What the worker needs to know (see `State.start`).
        log: File that takes whatever the worker prints.
        on_event: Takes every event it emits.
        on_wait: Called about once a second while a call is under way.
        about: What its events are of, where several workers speak at once: their `candidate`.
        answered: Whether this process has given an answer: until then it may still grow.
    """

    settings: Mapping[str, Any]
    log: Path
    on_event: Callable[[dict[str, Any]], None]
    on_wait: Callable[[], None]
    about: str = ""
    answered: bool = field(default=False, init=False)
    _process: subprocess.Popen[str] | None = field(default=None, init=False)
    _answers: int = field(default=-1, init=False)
    _buffer: bytes = field(default=b"", init=False)
    _waited: float = field(default_factory=time.monotonic, init=False)
    _asked: str = field(default="", init=False)

    @property
    def runs(self) -> bool:
        """Whether there is a process."""
        return self._process is not None

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
        self._buffer, self.answered = b"", False

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
        self.ask(operation, **arguments)
        while True:
            self.wait()
            left = _FOREVER if deadline is None else deadline - time.monotonic()
            if left <= 0:
                self.stop()
                raise WorkerStopped(operation)
            if not speaking([self], min(1.0, left)):
                continue
            answer = self.hear()
            if answer is not NOT_YET:
                return answer

    def ask(self, operation: str, **arguments: Any) -> None:
        """Let the worker begin `operation`; `hear` gives its answer.

        Raises:
            RunError: Its process is gone.
        """
        self.start()
        process, self._asked = self._process, operation
        assert process is not None
        assert process.stdin is not None
        request = {"operation": operation, "arguments": arguments}
        try:
            process.stdin.write(json.dumps(request, ensure_ascii=False) + "\n")
            process.stdin.flush()
        except BrokenPipeError:
            self._gone()

    def hear(self) -> Any:
        """Take what the worker says, its events first; waits for it if it is silent.

        Returns:
            The answer of what was asked, or `NOT_YET`.

        Raises:
            PolytaskError: What the operation raised, of the same class.
            RunError: Its process is gone.
        """
        chunk = os.read(self._answers, 1 << 16)
        if not chunk:
            self._gone()
        self._buffer += chunk
        while b"\n" in self._buffer:
            line, _, self._buffer = self._buffer.partition(b"\n")
            message = json.loads(line)
            if "event" in message:
                about = {"candidate": self.about} if self.about else {}
                self.on_event({**message["event"], **about})
                continue
            self.answered = True
            if "result" in message:
                return message["result"]
            raise _error(message["error"])
        return NOT_YET

    def wait(self) -> None:
        """Tell that time passes, once a second, however often the worker speaks."""
        if time.monotonic() - self._waited >= 1.0:
            self._waited = time.monotonic()
            self.on_wait()

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

    def _gone(self) -> None:
        process = self._process
        code = process.wait() if process else None
        self.stop()
        raise _errors.RunError(
            f"The worker process ended during `{self._asked}` (exit status {code}; -9 often means "
            f"that memory ran out). Its output is in {self.log}"
        )


def speaking(workers: Sequence[Worker], seconds: float) -> list[Worker]:
    """Those of `workers`, all with a process, that say something or end within `seconds`."""
    with selectors.DefaultSelector() as selector:
        for worker in workers:
            selector.register(worker._answers, selectors.EVENT_READ, worker)
        return [key.data for key, _ in selector.select(timeout=max(0.0, seconds))]


def _error(found: Mapping[str, str]) -> Exception:
    kind = getattr(_errors, found["type"], _errors.RunError)
    error: Exception = kind(found["message"])
    error.add_note(found["traceback"])
    return error
