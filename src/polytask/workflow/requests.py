"""What the host asks a worker for, one request after the other.

A generator says what it wants and is sent the answer, so that the very same lines carry on whether
one worker answers it at once or several are listened to in turn (`workflow.pool`).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeAlias

from polytask._errors import PolytaskError
from polytask.workflow.remote import WorkerStopped

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    Requests: TypeAlias = Generator["Request", Any, Any]

_DOUBTFUL = 6.0
_LOOK = 0.25
"""The share of what is left that a second look may take: it must not eat what it makes room for."""

Request: TypeAlias = "tuple[str, float, dict[str, Any]]"
"""An operation of the worker, the `time.monotonic()` value to stop it at, its arguments."""


def expected(deadline: float, what: Mapping[str, Any]) -> Generator[Request, Any, float]:
    """Seconds that a training would take, by the worker; looked at twice before it is too long.

    An estimate made while other work had the processors can be several times too high. Beyond
    `_DOUBTFUL` times what is left no second look would help.

    Args:
        deadline: `time.monotonic()` value by which the training must be done.
        what: The arguments of `train`.
    """
    found = float((yield "estimate", deadline, dict(what)))
    left = deadline - time.monotonic()
    if left < found <= _DOUBTFUL * left:
        yield "look_again", deadline, {"seconds": _LOOK * left}
        found = min(found, float((yield "estimate", deadline, dict(what))))
    return found


def alone(requests: Requests, call: Callable[..., Any]) -> Any:
    """What `requests` return when each is carried out by `call`, which is `Worker.call`."""
    answer: Any = None
    error: Exception | None = None
    while True:
        try:
            operation, deadline, what = proceed(requests, answer, error)
        except StopIteration as end:
            return end.value
        answer, error = None, None
        try:
            answer = call(operation, deadline, **what)
        except (PolytaskError, WorkerStopped) as failed:
            error = failed


def proceed(requests: Requests, answer: Any, error: Exception | None) -> Request:
    """The next request, after an answer or an error.

    Raises:
        StopIteration: There is none; it holds what they return.
    """
    found: Request = requests.send(answer) if error is None else requests.throw(error)
    return found
