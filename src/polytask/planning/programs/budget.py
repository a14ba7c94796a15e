"""What a task program may use for one row."""

from __future__ import annotations

from dataclasses import dataclass, fields

from polytask._errors import ConfigError
from polytask.isolation import Limits


@dataclass(frozen=True)
class RowBudget:
    """What a program may use for one row.

    Args:
        seconds: Of computing in the sandbox; what the tasks take does not count.
        calls: Of tasks, other programs, a language model and code.
        memory: Bytes of its values.
        recursion: Depth of its own functions.
        code_seconds: Of one call of `run_code`, by the clock.
        code_memory: Bytes of address space of one such call.

    Raises:
        ConfigError: A value that is not above 0.
    """

    seconds: float = 5.0
    calls: int = 1000
    memory: int = 64 * 2**20
    recursion: int = 1000
    code_seconds: float = 10.0
    code_memory: int = 1024 * 2**20

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if value <= 0:
                raise ConfigError(f"`{item.name}` of a row's budget is above 0; found {value!r}")

    @property
    def code(self) -> Limits:
        """The limits of one call of `run_code`."""
        return Limits(self.code_seconds, self.code_memory, self.memory)

    @property
    def limits(self) -> dict[str, float]:
        """The same as limits of the sandbox, which counts imports among the calls."""
        return {
            "max_turn_duration_secs": self.seconds,
            "max_feed_duration_secs": self.seconds,
            "max_memory": self.memory,
            "max_recursion_depth": self.recursion,
            "max_suspensions": self.calls + 100,
        }
