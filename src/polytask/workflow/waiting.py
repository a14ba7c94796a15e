"""How long this process waited for a processor that did other work."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_THREADS = Path("/proc/self/task")


@dataclass(frozen=True)
class Waiting:
    """Seconds that the threads of a process ran, and that they were ready and did not run.

    >>> Waiting(6.0, 1.5).share_since(Waiting(3.0, 0.5))
    0.25
    """

    ran: float
    waited: float

    def share_since(self, before: Waiting) -> float:
        """The share of the time since `before` that went by in waiting; 0 where none is known."""
        ran, waited = self.ran - before.ran, self.waited - before.waited
        return waited / (ran + waited) if waited > 0 and ran > 0 else 0.0


def waiting() -> Waiting:
    """What the kernel has counted of this process so far; zeros where it does not tell.

    Linux keeps it for each thread (`schedstat`); one that has ended is not counted any more.
    """
    ran = waited = 0
    for path in _THREADS.glob("*/schedstat"):
        try:
            found = path.read_text().split()
        except OSError:  # the thread has ended meanwhile
            continue
        ran, waited = ran + int(found[0]), waited + int(found[1])
    return Waiting(ran / 1e9, waited / 1e9)
