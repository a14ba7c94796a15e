"""The program that runs inside where one file answers many inputs: a child for each of them.

Started as `inside.py` is. It reads the code once; each input is answered by a child that reads it,
shuts itself in, runs the code and is killed. This process runs none of the code, and neither it nor
a later child ever holds an input or an answer: nothing of one input can reach the next.

Standard input: a frame with JSON `{"code", "file", "ready", "seconds", "output"}`, then for each
input the byte `+` and a frame with its JSON. A frame is its length in 4 bytes and its bytes.
Standard output: for each input frames with what its child wrote, an empty frame, and in 4 bytes how
it ended: 0, a signal as a negative number, an exit code, or `LATE` or `LARGE`.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import runpy
import select
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

LATE, LARGE = 1001, 1002
"""It was killed for its time, or for the length of its answer."""
REFUSED = 97
_CHUNK = 65_536
_ANSWER = 3  # the descriptor that a child writes its answer to
_GRACE = 0.5  # seconds between a child's closing its answer and its end


def main() -> None:
    """Answer inputs until there are no more."""
    out = os.dup(1)
    os.dup2(2, 1)
    confine = runpy.run_path(str(Path(__file__).with_name("confining.py")))["confine"]
    options, asked = json.loads(sys.argv[1]), json.loads(_frame(0))
    for name in asked["ready"]:  # packages, none of the code
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    while os.read(0, 1):
        back, forth = os.pipe()
        child = os.fork()
        if child == 0:
            _answer(forth, options, asked, confine)
        os.close(forth)
        _relay(child, back, out, asked)
        os.close(back)


def _answer(forth: int, options: dict[str, Any], asked: dict[str, Any], confine: Any) -> None:
    """The child: never returns."""
    try:
        given = _frame(0)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # the next inputs are not for this one
        os.dup2(forth, _ANSWER)
        os.closerange(_ANSWER + 1, 256)
        confine(**options)
    except OSError as error:
        _write(_ANSWER, json.dumps({"error": f"it could not be shut in: {error}"}).encode())
        os._exit(REFUSED)
    try:
        found = json.dumps({"value": _value(asked, json.loads(given))}, default=_plain)
    except BaseException as error:  # noqa: BLE001  # whatever the code does is an answer
        found = json.dumps({"error": told(asked["file"], error)})
    _write(_ANSWER, found.encode("utf-8", "replace"))
    os._exit(0)


def _value(asked: dict[str, Any], given: Any) -> Any:
    name = asked["file"]
    scope: dict[str, Any] = {"__name__": "code", "__file__": name}
    exec(compile(asked["code"], name, "exec"), scope)
    if not callable(scope.get("main")):
        raise TypeError(f"{name} has no function `main(inputs)`")
    return scope["main"](given)


def _plain(value: Any) -> Any:
    """A number or an array of numpy as plain data."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"main(inputs) returns plain data; found {type(value).__name__}")


def told(name: str, error: BaseException) -> str:
    """Where in the file `name` an error was raised, and which."""
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == name]
    where = f":{lines[-1]}" if lines else ""
    return f"{name}{where}: {type(error).__name__}: {error}"[:2000]


def _relay(child: int, back: int, out: int, asked: dict[str, Any]) -> None:
    """Pass on what a child writes as it comes, and how it ended; keeps nothing of it."""
    until, size, ended = time.monotonic() + asked["seconds"], 0, 0
    chunk = bytearray(_CHUNK)
    while not ended:
        ready, _, _ = select.select([back], [], [], max(0.0, until - time.monotonic()))
        count = os.readv(back, [chunk]) if ready else 0
        if not ready:
            ended = LATE
        elif not count:
            break
        elif (size := size + count) > asked["output"]:
            ended = LARGE
        else:
            _write(out, count.to_bytes(4, "big"))
            _write(out, memoryview(chunk)[:count])
    chunk[:] = bytes(_CHUNK)
    status = _end(child, wait=not ended)
    _write(out, bytes(4) + (ended or status).to_bytes(4, "big", signed=True))


def _end(child: int, *, wait: bool) -> int:
    """End a child and give its exit code; one that is about to end itself gets a moment."""
    until = time.monotonic() + (_GRACE if wait else 0.0)
    found, status = os.waitpid(child, os.WNOHANG)
    while not found and time.monotonic() < until:
        time.sleep(0.0005)
        found, status = os.waitpid(child, os.WNOHANG)
    if not found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _frame(descriptor: int) -> bytes:
    return _exactly(descriptor, int.from_bytes(_exactly(descriptor, 4), "big"))


def _exactly(descriptor: int, size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        piece = os.read(descriptor, min(_CHUNK, size - len(found)))
        if not piece:
            os._exit(0)  # whoever asked is gone
        found += piece
    return bytes(found)


def _write(descriptor: int, data: bytes | memoryview) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


if __name__ == "__main__":
    main()
