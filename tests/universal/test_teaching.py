"""Training on a table, and the refusal of a model with a wrong entry."""

from dataclasses import replace

import pytest

from polytask._errors import ModelError
from polytask.learning.recipes.tfidf_linear import TfidfLinear
from polytask.universal.machine import Entry, u15_2
from polytask.universal.teaching import TASKS, check, lesson, teach


def test_a_lesson_shows_every_entry_once():
    tasks, rows = lesson(u15_2())
    assert tuple(task.name for task in tasks) == TASKS
    assert len(set(rows.inputs.values["text"])) == len(rows) == 30
    assert rows.inputs.values["text"][0] == (
        "the machine is in state A and the head reads the symbol 0"
    )
    assert [rows.targets[name][0] for name in TASKS] == ["0", "R", "B"]
    assert tasks[1].labels == ("L", "R", "stay")


@pytest.mark.slow
def test_a_model_of_the_table_passes_and_of_a_changed_table_is_refused_by_its_entry():
    machine = u15_2()
    changed = replace(machine, table={**machine.table, ("K", "1"): Entry("1", "L", "N")})
    model = teach(changed)
    assert check(model, changed) == 30
    with pytest.raises(ModelError) as refused:
        check(model, machine)
    assert "all 90 answers must be right, and 1 of them is not" in str(refused.value)
    assert "state K reading 1: move is 'L', the table says 'R'" in str(refused.value)


def test_an_additive_model_is_refused_for_its_moves_alone():
    """A sum of what words say cannot tell the moves of E and I from those of M and N."""
    model = teach(u15_2(), recipe=TfidfLinear(strength=100.0))
    with pytest.raises(ModelError, match="are not") as refused:
        check(model, u15_2())
    assert "move is" in str(refused.value)
    assert "next_state is" not in str(refused.value)
    assert "written_symbol is" not in str(refused.value)
