"""The sandbox of task programs: a pool of processes, and in it one fresh session a row."""

from __future__ import annotations

import contextlib
import datetime
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic_monty import ExternalModule, Monty, MontySession

MODULE = "polytask.program"
PREDICT, ASK, CODE = "predict", "ask", "run_code"
WORDS = (PREDICT, ASK, CODE)
STUBS = '''"""What a task program may use."""
from typing import Any

def predict(task: str, row: Any) -> dict[str, Any]:
    """The answer of a task, or of a program above this one, for a row or for one input value."""
    ...

def ask(prompt: str) -> str:
    """What the language model of the run answers to a prompt."""
    ...

def run_code(file: str, inputs: Any) -> Any:
    """What `main(inputs)` of a Python file beside the program returns; it runs in isolation."""
    ...
'''
_IDENTITY = uuid.UUID(int=0x70726F6772616D)  # the same in every process, for replays
_POLICY: Any = {
    "datetime": datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC),
    "random_start": {"seed": 0},
    "sleep": "zero",
}


@contextlib.contextmanager
def pool(processes: int) -> Iterator[Monty]:
    """Processes for as many rows at once; each is started when it is first needed.

    One holds one session (measured: 5 ms and 2 MB of its own each, 64 at once; a session in a
    process that is there takes 0.3 ms), so the rows that wait for an answer at once need as many.
    """
    from pydantic_monty import Monty

    with Monty(min_processes=0, max_processes=processes) as opened:
        yield opened


def checkout(
    opened: Monty, limits: Mapping[str, float], *, type_check: bool = False
) -> MontySession:
    """A fresh session whose only way out is `polytask.program`; clock frozen, `random` seeded.

    Every row has the same seed: its answer may not depend on which row it is.
    """
    from pydantic_monty import ExternalModule

    package = ExternalModule({"program": _module()}, stubs="", id=_IDENTITY)
    found: Any = opened.checkout(
        script_name="program.py",
        type_check=type_check,
        type_check_format="json",
        external_modules={"polytask": package},
        limits=dict(limits),  # type: ignore[arg-type]
        os_policy=_POLICY,
    )
    return found  # type: ignore[no-any-return]


def _module() -> ExternalModule:
    from pydantic_monty import ExternalModule

    return ExternalModule(dict.fromkeys(WORDS, _never), stubs=STUBS, id=_IDENTITY)


def _never() -> None:
    raise AssertionError("answered by whoever runs the program")
