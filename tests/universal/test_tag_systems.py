"""Tag systems on UTM(2,18): the machine ends where the system ends."""

import pytest

from polytask._errors import ConfigError
from polytask.universal.machine import utm_2_18
from polytask.universal.simulator import Simulator
from polytask.universal.tag_systems import TagSystem


def test_the_lengths_of_the_example_are_those_of_the_paper():
    assert TagSystem(((2, 1, 3), (1,))).lengths() == [1, 5, 7]


@pytest.mark.parametrize(
    ("productions", "word"),
    [
        (((2, 1, 3), (1,)), [2, 1, 1]),
        (((2, 2, 3), (1, 2)), [2, 1, 1, 2]),
        (((3, 4, 2), (4,), (1, 1, 2)), [2, 3, 1, 2, 1]),
    ],
)
def test_the_machine_ends_in_the_word_of_the_system(productions, word):
    system = TagSystem(productions)
    tape, head = system.tape(word)
    run = Simulator(utm_2_18(), tape, head)
    assert sum(1 for _ in run.steps()) > 100
    assert system.word(run.written()) == system.run(word)[-1]


def test_a_production_that_is_empty_or_foreign_is_refused():
    with pytest.raises(ConfigError, match=r"letter 2 has \(\)"):
        TagSystem(((1,), ()))
    with pytest.raises(ConfigError, match="letters 1 to 2"):
        TagSystem(((3,),))


def test_a_tape_that_stands_for_no_letters_is_refused():
    with pytest.raises(ConfigError, match="stands for no letters"):
        TagSystem(((2, 1, 3), (1,))).word(["b", "1", "1", "c"])
