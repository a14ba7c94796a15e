"""Run a Python file where it can reach nothing: values in, values out, within limits."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from dataclasses import dataclass, fields
from typing import IO, TYPE_CHECKING, Any

from polytask._errors import CodeError, ConfigError, LateError, MissingError
from polytask.isolation.enclosing import chosen, command
from polytask.isolation.inside import REFUSED
from polytask.isolation.messages import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_SAID = 4_000  # last characters of what failing code printed that are shown
_CHUNK = 65_536


@dataclass(frozen=True)
class Limits:
    """What code may use.

    Args:
        seconds: By the clock, starting Python included; computing is bounded by the same.
        memory: Bytes of address space; torch on a CPU needs some 2 GB.
        output: Bytes of what it returns.

    Raises:
        ConfigError: A value that is not above 0.
    """

    seconds: float = 60.0
    memory: int = 2 * 2**30
    output: int = 64 * 2**20

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if not value > 0:
                raise ConfigError(f"`{item.name}` of code's limits is above 0; found {value!r}")


def run(
    code: Path,
    inputs: Mapping[str, Any],
    *,
    files: Sequence[Path] = (),
    limits: Limits | None = None,
    way: str | None = None,
) -> dict[str, Any]:
    """Run `main(inputs)` of a Python file in an isolated process and give what it returns.

    The code sees Python, the installed packages and `files`; no other file, no network, no process,
    no environment. It can write nowhere and start nothing but threads. Take what it returns for
    what it is: data from code that nobody vouches for.

    Args:
        code: A file with a function `main(inputs: dict) -> dict`.
        inputs: Named values: plain data (as JSON has it) or arrays of numbers.
        files: Files or folders that it may read, under the same paths.
        limits: What it may use.
        way: "bubblewrap" or "landlock"; `None` for the better one that is there.

    Returns:
        Named values of the same kinds.

    Raises:
        MissingError: The machine has no way to shut the code in; nothing was run.
        CodeError: The code fails, breaks a limit, or returns something else.
        ConfigError: The inputs are something else, or a file to hand in is not there.
    """
    limits, way = limits or Limits(), chosen(way)
    message = _message(code, inputs)
    for path in files:
        if not path.exists():
            raise ConfigError(f"`files` of isolated code: {path} is not there")
    asked, environment = command(
        way, max(1, round(limits.seconds)), limits.memory, [path.absolute() for path in files]
    )
    answer = _carry_out(code.name, asked, environment, message, limits)
    try:
        return unpack(answer)
    except ValueError as error:
        raise CodeError(f"{code.name}: what it returned cannot be read: {error}") from error


def _message(code: Path, inputs: Mapping[str, Any]) -> bytes:
    try:
        text = code.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CodeError(f"{code} cannot be read as UTF-8 text: {error}") from error
    try:
        return pack({**inputs, "__code__": text, "__file__": code.name})
    except (TypeError, ValueError) as error:
        raise ConfigError(f"Inputs of isolated code are plain data or arrays: {error}") from error


def _carry_out(
    name: str, asked: list[str], environment: dict[str, str], message: bytes, limits: Limits
) -> bytes:
    process = subprocess.Popen(
        asked,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd="/",
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    answer, said = _Reader(process.stdout, limits.output), _Reader(process.stderr, _SAID, last=True)
    writer = threading.Thread(target=_write, args=(process.stdin, message), daemon=True)
    writer.start()
    try:
        code = process.wait(limits.seconds)
    except subprocess.TimeoutExpired:
        raise LateError(f"{name}: stopped after {limits.seconds:g} seconds, its limit") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for thread in (writer, answer, said):
            thread.join()
        process.stdout.close()
        process.stderr.close()
    if code != 0:
        _fail(name, code, said.data.decode("utf-8", "replace").strip(), limits)
    if answer.size > limits.output:
        raise CodeError(
            f"{name}: it returned {answer.size:,} bytes, and at most {limits.output:,} are read"
        )
    return bytes(answer.data)


def _fail(name: str, code: int, said: str, limits: Limits) -> None:
    if code == REFUSED:
        raise MissingError(f"{name} was not run: {said}")
    if code in (-signal.SIGXCPU, -signal.SIGKILL, 128 + signal.SIGXCPU, 128 + signal.SIGKILL):
        raise CodeError(f"{name}: killed: it used up its {limits.seconds:g} seconds or its memory")
    memory = f" (it may use {limits.memory:,} bytes)" if "MemoryError" in said else ""
    raise CodeError(f"{name} failed{memory}; it ended with code {code} and said:\n{said}")


class _Reader(threading.Thread):
    """Empties a pipe, so that the writer never waits; keeps the first or the last bytes."""

    def __init__(self, stream: IO[bytes], most: int, *, last: bool = False) -> None:
        super().__init__(daemon=True)
        self.stream, self.most, self.last = stream, most, last
        self.data, self.size = bytearray(), 0
        self.start()

    def run(self) -> None:
        while chunk := os.read(self.stream.fileno(), _CHUNK):
            self.size += len(chunk)
            if self.last:
                self.data = (self.data + chunk)[-self.most :]
            elif self.size <= self.most:
                self.data += chunk


def _write(stream: IO[bytes], message: bytes) -> None:
    # The process may end without having read all of it; how it ended says why.
    with contextlib.suppress(BrokenPipeError), stream:
        stream.write(message)
