"""2-tag systems and how UTM(2,18) is given one: program, data, and the answer read back.

A tag system rewrites a word: the first letter says what is appended at the end, then the first two
letters are deleted. (Rogozhin, Small universal Turing machines, Theoretical Computer Science 168,
1996; tag systems: Post, Formal reductions of the general combinatorial decision problem, 1943.)
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from polytask._errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class TagSystem:
    """A 2-tag system over the letters 1, 2, …, n and n + 1, at which it stops.

    Args:
        productions: The letters that letter 1, 2, …, n appends.

    Raises:
        ConfigError: A production is empty, or holds a letter that is not there.

    >>> TagSystem(((2, 1, 3), (1,))).run([2, 1, 1])
    [[2, 1, 1], [1, 1], [2, 1, 3], [3, 1]]
    """

    productions: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        letters = range(1, self.stop + 1)
        for number, production in enumerate(self.productions, start=1):
            if not production or any(letter not in letters for letter in production):
                raise ConfigError(
                    f"A production has letters 1 to {self.stop}, at least one; letter {number} "
                    f"has {production!r}"
                )

    @property
    def stop(self) -> int:
        """The letter at which it stops."""
        return len(self.productions) + 1

    def run(self, word: Sequence[int]) -> list[list[int]]:
        """All words from the first on; ends where the stop letter leads or two letters lack."""
        words = [list(word)]
        while len(words[-1]) > 1 and words[-1][0] != self.stop:
            first, _, *rest = words[-1]
            words.append([*rest, *self.productions[first - 1]])
        return words

    def lengths(self) -> list[int]:
        """How many 1s stand for each letter: N(1) = 1, N(k+1) = N(k) + length of k's + 1."""
        found = [1]
        for production in self.productions:
            found.append(found[-1] + len(production) + 1)
        return found

    def tape(self, word: Sequence[int]) -> tuple[list[str], int]:
        """The first tape of UTM(2,18) and the cell of its head."""
        ones = [["1"] * length for length in self.lengths()]
        program = ["c1<", "c1<"]
        for production in reversed(self.productions):
            program += ["b", "b"]
            for place, letter in enumerate(reversed(production)):
                program += (["1", "b"] if place else []) + ones[letter - 1]
        data = [symbol for letter in word for symbol in [*ones[letter - 1], "c"]]
        return [*program, "b", "b", *data], len(program) + 1

    def word(self, tape: Sequence[str]) -> list[int]:
        """The last word, read from the end of the tape after halting.

        The machine has then read, and overwritten, the stop letter; the others are untouched.

        Raises:
            ConfigError: The end of the tape stands for no letters.
        """
        end = len(tape)
        while end and tape[end - 1] in ("1", "c"):
            end -= 1
        known = {length: letter for letter, length in enumerate(self.lengths(), start=1)}
        runs = [(symbol, len(list(run))) for symbol, run in groupby(tape[end:])]
        lengths = [length for symbol, length in runs if symbol == "1"]
        if any(length not in known for length in lengths):
            raise ConfigError(f"The end of the tape, {tape[end:]!r}, stands for no letters")
        return [self.stop, *(known[length] for length in lengths)]
