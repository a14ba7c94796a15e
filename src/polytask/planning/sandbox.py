"""The sandbox plans run in: one session of `pydantic-monty`, the same for checking and running."""

from __future__ import annotations

import contextlib
import datetime
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from polytask._errors import ConfigError
from polytask.planning.stubs import Vocabulary, results, stubs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic_monty import ExternalModule, MontySession

MODULE = "polytask.plan"
_IDENTITY = uuid.UUID(int=0x706F6C797461736B)  # the same in every process, for replays


@dataclass(frozen=True)
class Limits:
    """What a plan itself may use; operations are bounded by the budget, not by these.

    Args:
        turn_seconds: Seconds of computing between two operations.
        total_seconds: Seconds of computing in all.
        memory: Bytes of its values.
        recursion: Depth of calls.
        calls: How many operations and recipes in all.
    """

    turn_seconds: float = 20.0
    total_seconds: float = 300.0
    memory: int = 256 * 2**20
    recursion: int = 1000
    calls: int = 100_000

    def __post_init__(self) -> None:
        for name in ("turn_seconds", "total_seconds", "memory", "recursion", "calls"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"`{name}` of a plan's limits is above 0")


@contextlib.contextmanager
def session(
    vocabulary: Vocabulary, limits: Limits, *, seed: int = 0, type_check: bool = False
) -> Iterator[MontySession]:
    """A fresh sandbox whose only way out is `polytask.plan`; clock frozen, `random` seeded."""
    from pydantic_monty import ExternalModule, Monty

    package = ExternalModule({"plan": _module(vocabulary)}, stubs="", id=_IDENTITY)
    with (
        Monty(max_processes=1) as pool,
        pool.checkout(
            script_name="plan.py",
            type_check=type_check,
            type_check_format="json",
            external_modules={"polytask": package},
            limits={
                "max_turn_duration_secs": limits.turn_seconds,
                "max_feed_duration_secs": limits.total_seconds,
                "max_memory": limits.memory,
                "max_recursion_depth": limits.recursion,
                "max_suspensions": limits.calls,
            },
            os_policy={
                "datetime": datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC),
                "random_start": {"seed": seed},
                "sleep": "zero",
            },
        ) as opened,
    ):
        yield opened


def _module(vocabulary: Vocabulary) -> ExternalModule:
    from pydantic_monty import ExternalModule

    # Calls arrive as snapshots by name and are answered there; what stands here is never called.
    # The names of result types are plain values: they serve annotations only.
    names = set(results())
    attributes = {n: n if n in names else _never for n in vocabulary.names()}
    return ExternalModule(attributes, stubs=stubs(vocabulary), id=_IDENTITY)


def _never() -> None:
    raise AssertionError("answered by the interpreter")
