"""A language model from a GGUF file, answering in a process of its own on this machine.

The process loads the file at the first question and stays for those that follow. Where an answer
does not come in time it is killed, for nothing else stops llama.cpp while it computes; the next
question starts another.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import time
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from polytask.planning.chat.messages import NoAnswer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.planning.chat.messages import Message

LONGEST = 512
"""Tokens of the longest answer: small models that repeat themselves would use up all the time."""
REFUSED = b"!"
"""Begins a line that says why there is no answer; all others are JSON."""
_CHUNK = 1 << 16


@dataclass
class LocalModel:
    """Answers of the model in a file.

    Args:
        file: The GGUF file.
        threads: Threads to compute with; 0 for all of this process.
        command: What to start; the process that reads the file, but for tests.
    """

    file: str
    threads: int = 0
    command: Sequence[str] = (sys.executable, "-P", "-m", "polytask.planning.chat.engine")
    _running: list[subprocess.Popen[bytes]] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        weakref.finalize(self, _stop, self._running)  # at the latest when this process ends

    def ask(self, messages: Sequence[Message], seconds: float, longest: int) -> bytes:
        """The body of one answer, as a server of the chat protocol would send it.

        Raises:
            NoAnswer: None came in time, the file cannot be read, or the question is too long.
        """
        until = time.monotonic() + seconds
        if not self._running:
            self._running.append(_start([*self.command, self.file, str(self.threads)]))
        question = {"messages": list(messages), "max_tokens": min(longest, LONGEST)}
        try:
            answer = _answer(self._running[0], json.dumps(question), until)
        except TimeoutError:
            _stop(self._running)
            raise NoAnswer(f"no answer within {seconds:.0f} s") from None
        except (BrokenPipeError, EOFError):
            status = _stop(self._running, patience=1.0)
            raise NoAnswer(
                f"its process ended with status {status} (-9 often means that memory ran out)"
            ) from None
        if answer.startswith(REFUSED):
            raise NoAnswer(answer.removeprefix(REFUSED).decode().strip())
        return answer

    def stop(self) -> None:
        """End its process, if one runs."""
        _stop(self._running)


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        start_new_session=True,  # Ctrl-C reaches the host alone
    )


def _answer(process: subprocess.Popen[bytes], question: str, until: float) -> bytes:
    """The next line that `process` says after `question`.

    Raises:
        TimeoutError: None came before `until`, as `time.monotonic()` tells it.
        EOFError: It ended.
    """
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(question.encode() + b"\n")
    said = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not said.endswith(b"\n"):
            if not selector.select(timeout=max(0.0, until - time.monotonic())):
                raise TimeoutError
            chunk = os.read(process.stdout.fileno(), _CHUNK)
            if not chunk:
                raise EOFError
            said += chunk
    return bytes(said)


def _stop(running: list[subprocess.Popen[bytes]], patience: float = 0.0) -> int | None:
    """Kill what runs; the exit status of what ended by itself within `patience` seconds."""
    status = None
    while running:
        with running.pop() as one:  # closes both its ends
            with contextlib.suppress(subprocess.TimeoutExpired):
                status = one.wait(patience)
            one.kill()
    return status
