"""The task program in ordinary Python: any machine, on a tape that grows on both sides."""

from polytask.program import using
from polytask.universal.machine import Machine, read_table
from polytask.universal.turing import Tape, turing

BUSY_BEAVER = Machine(
    "busy beaver of two states", "", "0", "A", read_table(["A 0 1 R B", "A 1 1 L B", "B 0 1 L A"])
)


def _run(live):
    asked = []

    def answers(task, row):
        asked.append((task, row["text"], row["step"]))
        entry = BUSY_BEAVER.entry(*row["text"].split())
        names = ("written_symbol", "move", "next_state")
        return {"label": dict(zip(names, entry, strict=True))[task]}

    row = {"tape": [], "head": 0, "start": "A", "blank": "0", "question": "{state} {symbol}"}
    with using(answers):
        return turing({**row, "live": live}), asked


def test_the_busy_beaver_of_two_states_writes_four_ones():
    done, asked = _run(live=True)
    assert done == {
        "tape": ["1", "1", "1", "1"],
        "states": "A B A B A",
        "written": "1 1 1 1 1",
        "moves": "R L L L R",
    }
    assert len(asked) == 3 * 6  # five steps, and the one that halts


def test_what_is_remembered_is_asked_once():
    done, asked = _run(live=False)
    assert done == _run(live=True)[0]
    assert len(asked) == len(set(asked)) == 3 * 4


def test_a_tape_grows_on_both_sides():
    tape = Tape(["x"], 0, "_")
    tape.write("a", "L")
    tape.write("b", "L")
    assert tape.read() == "_"
    tape.write("c", "R")
    tape.write("d", "R")
    tape.write("e", "R")
    assert tape.read() == "_"
    assert tape.symbols()[:3] == ["c", "d", "e"]
