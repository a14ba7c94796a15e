"""One Python file that answers many inputs, each where it can reach nothing, also no other input.

Starting Python takes some 0.1 s, so one process is started for all inputs; in it each has a child
of its own, which takes some 0.01 s (measured), is shut in before it reads any code, and ends with
its answer. So what is answered depends on the input alone, in whatever order and number they come.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from polytask._errors import CodeError, LateError
from polytask.isolation.enclosing import chosen, command
from polytask.isolation.inside_rows import LARGE, LATE
from polytask.isolation.running import Limits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

_PROGRAM = "inside_rows.py"
_START = 20.0  # seconds that starting Python may take on a busy machine
_CHUNK = 65_536
_READY = ("numpy",)
"""Packages imported once for all inputs where the code names them: some 0.2 s for each else."""


@dataclass
class Rows:
    """Answers inputs by `main(inputs)` of a Python file; a context, within which it may be asked.

    Args:
        name: What messages call the file.
        text: The code.
        limits: What it may use for one input.
        way: "bubblewrap" or "landlock"; `None` for the better one that is there.

    Raises:
        MissingError: The machine has no way to shut the code in; nothing is run.
    """

    name: str
    text: str
    limits: Limits = field(default_factory=Limits)
    way: str | None = None

    def __post_init__(self) -> None:
        self.way = chosen(self.way)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Rows:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.close()

    def answer(self, inputs: Sequence[Any]) -> list[Any]:
        """What `main` returns for each of `inputs`, as JSON has it, or a `CodeError` in its place.

        Args:
            inputs: Plain data.
        """
        return [self._one(json.dumps(one).encode()) for one in inputs]

    def close(self) -> None:
        """End the process, if one was started; the next input starts another."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(BrokenPipeError):
                if stream is not None:
                    stream.close()

    def _one(self, data: bytes) -> Any:
        try:
            written, ended = self._carry_out(data)
        except (OSError, TimeoutError) as error:
            self.close()
            return CodeError(f"{self.name}: its process died ({error})")
        if ended == LATE:
            limit = f"{self.limits.seconds:g} seconds"
            return LateError(f"{self.name}: stopped after {limit}, its limit")
        if ended == LARGE:
            limit = f"{self.limits.output:,} bytes"
            return CodeError(f"{self.name}: it returned more than {limit}, its limit")
        return self._read(written, ended)

    def _read(self, written: bytes, ended: int) -> Any:
        try:
            found = dict(json.loads(written))
            value = None if "error" in found else found["value"]
            json.dumps(value)
        except (ValueError, KeyError, TypeError, RecursionError):
            if ended in (-signal.SIGXCPU, -signal.SIGKILL):
                return CodeError(f"{self.name}: killed: it used up its seconds or its memory")
            return CodeError(
                f"{self.name}: it gave no answer that can be read and ended with code {ended}"
            )
        if "error" in found:
            told = str(found["error"])[:2000]
            return CodeError(told.encode("utf-8", "replace").decode())  # half a character is none
        try:
            json.dumps(value, allow_nan=False)
        except ValueError:
            return CodeError(f"{self.name}: it returned NaN or infinity; null stands for no number")
        return value

    def _carry_out(self, data: bytes) -> tuple[bytes, int]:
        """What the child of one input wrote, and how it ended."""
        until = time.monotonic() + self.limits.seconds + _START
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"+" + _framed(data))
        process.stdin.flush()
        out, written = process.stdout.fileno(), bytearray()
        while size := int.from_bytes(_exactly(out, 4, until), "big"):
            written += _exactly(out, size, until)
        return bytes(written), int.from_bytes(_exactly(out, 4, until), "big", signed=True)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None:
            return self._process
        assert self.way is not None
        seconds = max(1, round(self.limits.seconds))
        asked, environment = command(self.way, seconds, self.limits.memory, (), _PROGRAM)
        self._process = subprocess.Popen(
            asked,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd="/",
            start_new_session=True,
        )
        limits = {"seconds": self.limits.seconds, "output": self.limits.output}
        ready = [name for name in _READY if re.search(rf"\b{name}\b", self.text)]
        told = json.dumps({"code": self.text, "file": self.name, "ready": ready, **limits})
        assert self._process.stdin is not None
        self._process.stdin.write(_framed(told.encode("utf-8", "replace")))
        return self._process


def _framed(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _exactly(descriptor: int, size: int, until: float) -> bytes:
    found = bytearray()
    while len(found) < size:
        ready, _, _ = select.select([descriptor], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            raise TimeoutError("it does not answer")
        piece = os.read(descriptor, min(_CHUNK, size - len(found)))
        if not piece:
            raise BrokenPipeError("it has ended")
        found += piece
    return bytes(found)
