"""Bi-tag systems on U15,2: the machine ends where the system ends."""

import pytest

from polytask._errors import ConfigError
from polytask.universal.bi_tag import BiTag, Rule
from polytask.universal.jobs import copy, increment
from polytask.universal.machine import u15_2
from polytask.universal.simulator import Simulator

SWAP = BiTag(2, 2, {(1, 1): Rule((2,), 2), (1, 2): Rule((1, 2), 2)})


@pytest.mark.parametrize(
    ("system", "word"),
    [
        (copy().system, [-1, 1, 1]),
        (copy().system, [2, -1, 1, 2]),
        (SWAP, [-1, 1, 2]),
        (SWAP, [-1, 2, 1]),
    ],
)
def test_the_machine_ends_in_the_word_of_the_system(system, word):
    tape, head = system.tape(word)
    run = Simulator(u15_2(), tape, head)
    assert sum(1 for _ in run.steps()) > 10_000
    assert run.state == "J"
    assert system.word(run.written()) == system.run(word)[-1]


def test_the_increment_adds_one():
    def number(word):
        return sum((letter - 1) << place for place, letter in enumerate(word) if letter in (1, 2))

    for value in range(20):
        digits = [int(digit) + 1 for digit in f"{value:b}"[::-1]]
        last = increment().system.run([-1, *digits, 3])[-1]
        assert last[0] == -3
        assert number(last[1:]) == value + 1


def test_a_missing_or_foreign_rule_is_refused():
    with pytest.raises(ConfigError, match=r"The rules are those for \[\(1, 1\), \(1, 2\)\]"):
        BiTag(2, 2, {(1, 1): Rule((1,), 2)})
    with pytest.raises(ConfigError, match="a head letter"):
        BiTag(1, 2, {(1, 1): Rule((1, 1, 1), 2)})


def test_a_tape_that_is_no_last_tape_is_refused():
    with pytest.raises(ConfigError, match="no last tape"):
        copy().system.word(["1", "1", "1"])
