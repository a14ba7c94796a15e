"""The published tables, entry counts and what a table may not hold."""

import pytest

from polytask._errors import ConfigError
from polytask.universal.machine import Entry, Machine, read_table, u15_2, utm_2_18


@pytest.mark.parametrize(
    ("machine", "states", "symbols", "defined", "halting"),
    [(utm_2_18(), 2, 18, 35, ("q1", "c1<")), (u15_2(), 15, 2, 29, ("J", "1"))],
    ids=["UTM(2,18)", "U15,2"],
)
def test_a_table_has_the_published_size_and_halts_at_one_entry(
    machine, states, symbols, defined, halting
):
    assert (len(machine.states), len(machine.symbols)) == (states, symbols)
    assert len(machine.table) == defined
    entries = machine.entries()
    assert len(entries) == states * symbols
    assert [at for at, entry in entries.items() if entry.state == "halt"] == [halting]
    assert entries[halting] == Entry(halting[1], "stay", "halt")


def test_some_entries_as_printed():
    assert u15_2().table["H", "0"] == Entry("1", "L", "I")
    assert u15_2().table["N", "1"] == Entry("0", "R", "O")
    assert utm_2_18().table["q1", "b3"] == Entry("b1>", "L", "q2")
    assert utm_2_18().table["q2", "c1<"] == Entry("c2", "L", "q1")


def test_the_moves_of_u15_2_are_no_sum_of_state_and_symbol():
    moves = {at: entry.move for at, entry in u15_2().table.items()}
    assert [moves["E", "0"], moves["E", "1"]] == ["R", "L"]
    assert [moves["M", "0"], moves["M", "1"]] == ["L", "R"]


def test_the_digest_is_that_of_the_entries():
    machine = u15_2()
    table = dict(machine.table)
    turned = Machine("other", "", "0", "A", dict(reversed(table.items())))
    assert turned.digest() == machine.digest()
    table["A", "0"] = Entry("1", "R", "B")
    assert Machine("other", "", "0", "A", table).digest() != machine.digest()


@pytest.mark.parametrize("lines", [["A 0 1 R"], ["A 0 1 R A", "A 0 0 R A"]])
def test_a_line_with_a_word_too_few_or_twice_is_refused(lines):
    with pytest.raises(ConfigError, match="each once; found 'A 0"):
        read_table(lines)


def test_a_move_and_a_state_that_are_not_there_are_refused():
    with pytest.raises(ConfigError, match=r"\(A, 0\) has 'U'"):
        Machine("m", "", "0", "A", read_table(["A 0 1 U A"]))
    with pytest.raises(ConfigError, match="leads to 'B', which has no entry; the states are A"):
        Machine("m", "", "0", "A", read_table(["A 0 1 R B"]))
