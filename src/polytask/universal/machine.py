"""Turing machines as data: the transition tables of two small universal ones."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

from polytask._errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HALT = "halt"
"""The state after the last step: what an entry that the table leaves open leads to."""

STAY = "stay"
"""The move of such an entry; it writes what it read."""


class Entry(NamedTuple):
    """What a machine does at one state and symbol."""

    write: str
    move: str
    """ "L", "R", or `STAY` when the machine halts."""
    state: str


@dataclass(frozen=True)
class Machine:
    """A deterministic Turing machine with one tape, unbounded on both sides.

    Args:
        name: Its name in the literature.
        source: Who published it and where.
        blank: The symbol of all cells that nothing was written on.
        start: The first state.
        table: By state and symbol read what is done; the machine halts where this is open.

    Raises:
        ConfigError: A move is neither "L" nor "R", or a state has no entry.

    >>> machine = Machine("flip", "", "0", "A", {("A", "1"): Entry("0", "R", "A")})
    >>> machine.entry("A", "0")
    Entry(write='0', move='stay', state='halt')
    """

    name: str
    source: str
    blank: str
    start: str
    table: Mapping[tuple[str, str], Entry]

    def __post_init__(self) -> None:
        for (state, symbol), entry in self.table.items():
            if entry.move not in ("L", "R"):
                raise ConfigError(
                    f"{self.name}: a move is 'L' or 'R'; ({state}, {symbol}) has {entry.move!r}"
                )
            if entry.state not in self.states:
                raise ConfigError(
                    f"{self.name}: ({state}, {symbol}) leads to {entry.state!r}, which has no "
                    f"entry; the states are {', '.join(self.states)}"
                )

    @property
    def states(self) -> tuple[str, ...]:
        """The states in the order of the table."""
        return tuple(dict.fromkeys(state for state, _ in self.table))

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols in the order in which the table reads them, then those it only writes."""
        read = [symbol for _, symbol in self.table]
        return tuple(dict.fromkeys([*read, *(entry.write for entry in self.table.values())]))

    def entry(self, state: str, symbol: str) -> Entry:
        """What is done at `state` when `symbol` is read, halting included."""
        return self.table.get((state, symbol), Entry(symbol, STAY, HALT))

    def entries(self) -> dict[tuple[str, str], Entry]:
        """Every state with every symbol: the whole finite function, halting included."""
        return {(q, s): self.entry(q, s) for q in self.states for s in self.symbols}

    def digest(self) -> str:
        """SHA-256 of blank, start and all entries, one a line."""
        lines = [f"{self.blank} {self.start}"]
        lines += [" ".join([*at, *entry]) for at, entry in sorted(self.entries().items())]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def utm_2_18() -> Machine:
    """Rogozhin's UTM(2,18), which simulates 2-tag systems (`tag_systems`).

    2 states, 18 symbols, 35 entries. (Rogozhin, Small universal Turing machines, Theoretical
    Computer Science 168, 1996, p. 237.)
    """
    source = "Rogozhin, Small universal Turing machines, TCS 168 (1996), p. 237"
    return Machine("UTM(2,18)", source, "1<", "q1", _table("utm_2_18"))


def u15_2() -> Machine:
    """Neary and Woods' U15,2, which simulates bi-tag systems (`bi_tag`).

    15 states, 2 symbols (0 is the c of the paper, 1 its b), 29 entries. (Neary, Woods, Four small
    universal Turing machines, Fundamenta Informaticae 91, 2009, Table 16.) The table says that
    the machine halts at (u10, b), and so do its runs; the prose of section 3.5 has (u10, c).
    """
    source = "Neary, Woods, Four small universal Turing machines, Fund. Inform. 91 (2009), Table 16"
    return Machine("U15,2", source, "0", "A", _table("u15_2"))


def read_table(lines: Iterable[str]) -> dict[tuple[str, str], Entry]:
    """A table from lines `state read write move next`; lines that begin with # are comments.

    Raises:
        ConfigError: A line has other than five words, or states an entry again.

    >>> read_table(["# one entry", "A 0 1 R A"])
    {('A', '0'): Entry(write='1', move='R', state='A')}
    """
    table: dict[tuple[str, str], Entry] = {}
    for line in lines:
        words = line.split()
        if not words or words[0] == "#":
            continue
        if len(words) != 5 or (words[0], words[1]) in table:
            raise ConfigError(
                f"A line of a table is `state read write move next`, each once; found {line!r}"
            )
        table[words[0], words[1]] = Entry(*words[2:])
    return table


def _table(name: str) -> dict[tuple[str, str], Entry]:
    path = resources.files("polytask.universal") / "tables" / f"{name}.txt"
    return read_table(path.read_text(encoding="utf-8").splitlines())
