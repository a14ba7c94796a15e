"""Bi-tag systems and how U15,2 is given one: program, data, and the answer read back.

A bi-tag system rewrites a word with exactly one *head letter* among its *tape letters*: it is a
Turing machine on a circular tape that may grow. A tape letter in front goes to the end; a head
letter in front takes the tape letter after it, and both are replaced, at the end, by one or two
tape letters and a head letter. The last head letter halts.
(Neary, Woods, Four small universal Turing machines, Fundamenta Informaticae 91, 2009, section 3.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from polytask._errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Rule:
    """What a head letter and the tape letter after it are replaced by.

    Args:
        letters: One or two tape letters.
        head: The head letter.
    """

    letters: tuple[int, ...]
    head: int


@dataclass(frozen=True)
class BiTag:
    """A bi-tag system over tape letters 1 … q and head letters 1 … h, of which h halts.

    Words are lists of integers: a tape letter is its number, a head letter its number below 0.

    Args:
        letters: q, how many tape letters there are.
        heads: h, how many head letters there are.
        rules: By head letter (1 … h - 1) and tape letter what replaces them; each must be there.

    Raises:
        ConfigError: A rule is missing, or holds a letter that is not there.

    >>> copy = BiTag(2, 2, {(1, 1): Rule((1,), 2), (1, 2): Rule((2,), 2)})
    >>> copy.run([-1, 1, 1])
    [[-1, 1, 1], [1, 1, -2], [1, -2, 1], [-2, 1, 1]]
    """

    letters: int
    heads: int
    rules: Mapping[tuple[int, int], Rule]

    def __post_init__(self) -> None:
        wanted = {(j, i) for j in range(1, self.heads) for i in range(1, self.letters + 1)}
        if set(self.rules) != wanted:
            raise ConfigError(f"The rules are those for {sorted(wanted)}; found {[*self.rules]}")
        for at, rule in self.rules.items():
            known = all(1 <= letter <= self.letters for letter in rule.letters)
            if not known or len(rule.letters) not in (1, 2) or not 1 <= rule.head <= self.heads:
                raise ConfigError(
                    f"A rule gives one or two tape letters (1 to {self.letters}) and a head "
                    f"letter (1 to {self.heads}); {at} has {rule!r}"
                )

    def run(self, word: Sequence[int]) -> list[list[int]]:
        """All words from the first to the one that the halting letter leads."""
        words = [list(word)]
        while words[-1][0] != -self.heads:
            first, *rest = words[-1]
            if first > 0:
                words.append([*rest, first])
                continue
            rule = self.rules[-first, rest[0]]
            words.append([*rest[1:], *rule.letters, -rule.head])
        return words

    def tape(self, word: Sequence[int]) -> tuple[list[str], int]:
        """The first tape of U15,2 and the cell of its head: the last of the program.

        0 is the blank c of the paper and 1 its b.
        """
        heads, letters = range(self.heads - 1, 0, -1), range(self.letters, 0, -1)
        active = [self._active(self.rules[j, i]) for j in heads for i in letters]
        passive = ["01" * 4 + _appended(i) for i in letters]
        program = "110001" + "01".join(active) + "0101" + "0101".join(passive) + "010101"
        data = "".join(self._data(letter) for letter in word)
        return [*program, *"10", *data], len(program) + 1

    def word(self, tape: Sequence[str]) -> list[int]:
        """The last word, read from the end of the tape after halting.

        The machine has then read, and overwritten, the halting letter; what stands after it is
        untouched, and followed by the 01 that the last append left.

        Raises:
            ConfigError: The tape does not end so.
        """
        codes = {self._data(letter): letter for letter in range(1, self.letters + 1)}
        either = "|".join(codes)
        found = re.search(f"((?:{either})+)01$", "".join(tape))
        if found is None:
            raise ConfigError("The tape does not end in letters and 01: it is no last tape")
        return [-self.heads, *(codes[code] for code in re.findall(either, found[1]))]

    def _data(self, letter: int) -> str:
        if letter > 0:
            return "01" * (8 * letter - 5) + "11"
        if -letter < self.heads:
            return "01" * (8 * -letter * self.letters)
        return "01" * (8 * self.heads * self.letters + 3) + "11"

    def _active(self, rule: Rule) -> str:
        halts, two = rule.head == self.heads, len(rule.letters) == 2
        opening = "01" * (5 - 2 * two - 2 * halts) + "0001" * (2 * halts)
        head = "00" * (8 * rule.head * self.letters + 3 * halts)
        return opening + head + "".join(_appended(letter) for letter in reversed(rule.letters))


def _appended(letter: int) -> str:
    return "0001" * 2 + "00" * (8 * letter - 5)
