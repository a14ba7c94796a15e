"""An independent simulator: what the runs of a trained model are compared with.

It reads the table and keeps the tape as a dict by position. It shares nothing with the task
program that runs on a model (`turing.py`): that one has no table, and two lists for a tape.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from polytask.universal.machine import Entry, Machine


@dataclass
class Simulator:
    """A machine on a tape, step by step.

    Args:
        machine: The machine.
        tape: The symbols written before the first step; cell 0 is the first.
        head: The cell under the head.

    >>> from polytask.universal.machine import Machine, read_table
    >>> run = Simulator(Machine("fill", "", "0", "A", read_table(["A 0 1 R A"])), ["0", "0", "1"])
    >>> [state for state, _ in run.steps()], "".join(run.written())
    (['A', 'A'], '111')
    """

    machine: Machine
    tape: Sequence[str]
    head: int = 0
    state: str = field(init=False)
    cells: dict[int, str] = field(init=False)

    def __post_init__(self) -> None:
        self.state = self.machine.start
        self.cells = dict(enumerate(self.tape))

    def steps(self) -> Iterator[tuple[str, Entry]]:
        """Run to the end: before each step the state, and what is done; no step for halting."""
        while True:
            key = self.state, self.cells.get(self.head, self.machine.blank)
            entry = self.machine.table.get(key)
            if entry is None:
                return
            yield self.state, entry
            self.cells[self.head] = entry.write
            self.head += 1 if entry.move == "R" else -1
            self.state = entry.state

    def written(self) -> list[str]:
        """The tape from the first to the last cell that is not blank."""
        kept = [i for i, symbol in self.cells.items() if symbol != self.machine.blank]
        if not kept:
            return []
        return [self.cells.get(i, self.machine.blank) for i in range(min(kept), max(kept) + 1)]
