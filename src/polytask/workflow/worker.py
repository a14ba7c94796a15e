"""The worker: a process that carries out operations and can be killed.

It reads one JSON request a line from standard input and answers on a pipe of its own, so that
nothing a library prints can be taken for an answer. When its parent is gone it ends itself: the
kernel kills it (`PR_SET_PDEATHSIG`), and where that does not hold the end of its input does.
"""

from __future__ import annotations

import ctypes
import json
import os
import queue
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytask import _errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serve requests until the input ends; arguments: answer descriptor, settings as JSON."""
    descriptor, settings = int(sys.argv[1]), json.loads(sys.argv[2])
    _die_with_parent(int(settings["parent"]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the host decides what Ctrl-C means
    requests: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_read, args=(requests,), daemon=True).start()
    answers = os.fdopen(descriptor, "w", encoding="utf-8")

    def send(message: Mapping[str, Any]) -> None:
        answers.write(json.dumps(message, ensure_ascii=False, allow_nan=True) + "\n")
        answers.flush()

    serve(requests, send, settings)


def serve(
    requests: queue.Queue[str],
    send: Callable[[Mapping[str, Any]], None],
    settings: Mapping[str, Any],
) -> None:
    """Carry out requests one by one; an error is an answer."""
    from polytask.workflow.operations import OPERATIONS
    from polytask.workflow.state import State

    state = State.start(settings, emit=lambda event: send({"event": dict(event)}))
    while True:
        request = json.loads(requests.get())
        try:
            result = OPERATIONS[request["operation"]](state, **request["arguments"])
            send({"result": result})
        except Exception as error:  # noqa: BLE001  # an error of any kind is an answer
            send({"error": describe(error)})


def describe(error: Exception) -> dict[str, str]:
    """An error as plain data: the name of its class, its message, its traceback."""
    name = type(error).__name__
    known = isinstance(error, _errors.PolytaskError)
    message = str(error) if known else f"{name}: {error}"
    return {
        "type": name if known else "RunError",
        "message": message,
        "traceback": "".join(traceback.format_exception(error)),
    }


def _read(requests: queue.Queue[str]) -> None:
    for line in sys.stdin:
        requests.put(line)
    os._exit(3)  # the parent is gone; nothing here is worth finishing


def _die_with_parent(parent: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the call above
        os._exit(3)


if __name__ == "__main__":
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != Path.cwd()]
    main()
