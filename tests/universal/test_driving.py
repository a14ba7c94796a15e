"""Runs on a stand-in for a model: a table that may be wrong."""

import re
from types import SimpleNamespace

import pytest

from polytask._errors import RunError
from polytask.universal import jobs
from polytask.universal.driving import drive, program
from polytask.universal.machine import Entry
from polytask.universal.teaching import TASKS


class Table:
    """Answers as a model does, from entries; counts the questions."""

    def __init__(self, machine, changed=None):
        self.entries = machine.entries() | (changed or {})
        self.asked = 0

    def predict(self, inputs, tasks):
        assert tuple(tasks) == TASKS
        self.asked += len(inputs)
        words = [
            re.findall(r"state (\S+) .* symbol (\S+)$", text) for text in inputs.values["text"]
        ]
        found = [self.entries[at[0]] for at in words]
        return {
            task: SimpleNamespace(labels=[entry[place] for entry in found])
            for place, task in enumerate(TASKS)
        }


def test_the_program_is_a_program():
    program().check()


@pytest.mark.slow
def test_a_live_run_asks_at_every_step_and_once_to_halt():
    job = jobs.tag_example()
    table, told = Table(job.machine), []
    done = drive(job, table, tell=lambda *now: told.append(now))
    assert done.steps == 2_841
    assert done.questions == table.asked == 2_842
    assert done.word == [3, 1]
    assert told[0] == (0, 2_841)
    assert told[-1] == (2_841, 2_841)


@pytest.mark.slow
def test_a_remembered_run_asks_once_for_an_entry():
    job = jobs.increment()
    table = Table(job.machine)
    done = drive(job, table)
    assert done.steps == 434_209
    assert done.questions == table.asked == 30
    assert done.word == [-3, 1, 2, 3]
    assert done.first != done.last


def test_a_step_that_differs_is_named():
    job = jobs.tag_example()
    halts_early = {("q2", "c"): Entry("c", "stay", "halt")}
    with pytest.raises(RunError, match=r"step \d+: the model-driven machine did None, the simula"):
        drive(job, Table(job.machine, halts_early))
    writes_else = {("q1", "c2"): Entry("1>", "R", "q1"), **halts_early}
    with pytest.raises(RunError, match=r"did \('q1', '1>', 'R'\), the simulator \('q1', '1<', 'R'"):
        drive(job, Table(job.machine, writes_else))


@pytest.mark.slow
def test_a_run_that_goes_on_too_long_is_stopped():
    job = jobs.tag_example()
    endless = {("q1", "c1<"): Entry("c1<", "R", "q1")}
    with pytest.raises(RunError, match="did not end: the 8,526 calls of a row are used up"):
        drive(job, Table(job.machine, endless))
