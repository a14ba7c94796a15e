"""The programs that are run: a machine, and what is written on its tape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from polytask.universal.bi_tag import BiTag, Rule
from polytask.universal.machine import u15_2, utm_2_18
from polytask.universal.tag_systems import TagSystem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.universal.machine import Machine


class System(Protocol):
    """A rewriting system that a universal machine simulates."""

    def run(self, word: Sequence[int]) -> list[list[int]]:
        """All words from the first to the last."""
        ...

    def tape(self, word: Sequence[int]) -> tuple[list[str], int]:
        """The first tape of the machine, and the cell of its head."""
        ...

    def word(self, tape: Sequence[str]) -> list[int]:
        """The last word, read from the last tape."""
        ...


@dataclass(frozen=True)
class Job:
    """A program for a universal machine.

    Args:
        name: What it is, for tables and the certificate.
        machine: The machine.
        system: The rewriting system that it simulates.
        first: The first word of the system.
        live: Whether the model answers at every step; else each entry is asked once and remembered.
    """

    name: str
    machine: Machine
    system: System
    first: tuple[int, ...]
    live: bool = True


def tag_example() -> Job:
    """The example of Rogozhin's paper (p. 220), 2,841 steps: a1 → a2 a1 a3, a2 → a1; a2 a1 a1."""
    return Job("tag system", utm_2_18(), TagSystem(((2, 1, 3), (1,))), (2, 1, 1))


def copy() -> Job:
    """A word that is passed on as it is, 39,065 steps: the shortest program for U15,2."""
    rules = {(1, letter): Rule((letter,), 2) for letter in (1, 2)}
    return Job("copy", u15_2(), BiTag(2, 2, rules), (-1, 1, 1))


def increment() -> Job:
    """1 + 1 = 2 in binary, 434,209 steps.

    Letters: 1 is the digit 0, 2 the digit 1, 3 the end of the number, the lowest digit first. Head
    letters: 1 carries, 2 does not, 3 halts. The number grows by a digit: memory without bound.
    """
    carry = {(1, 1): Rule((2,), 2), (1, 2): Rule((1,), 1), (1, 3): Rule((2, 3), 3)}
    keep = {(2, 1): Rule((1,), 2), (2, 2): Rule((2,), 2), (2, 3): Rule((3,), 3)}
    return Job("binary increment", u15_2(), BiTag(3, 3, carry | keep), (-1, 2, 3), live=False)
