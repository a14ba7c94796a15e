"""The simulator, on machines whose runs are known."""

import itertools

from polytask.universal.jobs import copy, increment, tag_example
from polytask.universal.machine import Machine, read_table
from polytask.universal.simulator import Simulator

BUSY_BEAVER = Machine(
    "busy beaver of two states", "", "0", "A", read_table(["A 0 1 R B", "A 1 1 L B", "B 0 1 L A"])
)


def test_the_busy_beaver_of_two_states_writes_four_ones():
    """Radó, 1962: six steps, the last of which halts."""
    run = Simulator(BUSY_BEAVER, [])
    assert sum(1 for _ in run.steps()) == 5
    assert run.written() == ["1"] * 4
    assert run.state == "B"


def test_an_empty_tape_stays_empty():
    machine = Machine("idle", "", "0", "A", read_table(["A 1 1 R A"]))
    assert list(Simulator(machine, []).steps()) == []
    assert Simulator(machine, ["0", "0"]).written() == []


def test_a_run_may_be_left_before_its_end():
    assert len(list(itertools.islice(Simulator(BUSY_BEAVER, []).steps(), 2))) == 2


def test_the_published_runs_take_the_published_steps():
    for job, length, steps in ((tag_example(), 36, 2_841), (copy(), 344, 39_065)):
        tape, head = job.system.tape(job.first)
        assert len(tape) == length
        assert sum(1 for _ in Simulator(job.machine, tape, head).steps()) == steps


def test_one_and_one_is_two():
    job = increment()
    tape, head = job.system.tape(job.first)
    run = Simulator(job.machine, tape, head)
    assert sum(1 for _ in run.steps()) == 434_209
    assert job.system.word(run.written()) == [-3, 1, 2, 3]
    assert run.state == "J"
