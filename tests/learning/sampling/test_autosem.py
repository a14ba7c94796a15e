from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polytask._errors import ConfigError
from polytask.learning.sampling.autosem import AutoSeM
from polytask.learning.sampling.sampling import When
from polytask.learning.sampling.temperature import Temperature
from polytask.tasks.task import Column, Task

SIZES = [400, 100, 100]
EVEN = [300, 300, 300]


def turn(sampling: AutoSeM, when: When) -> int:
    return int(np.argmax(sampling.quotas(EVEN, when)))


def lived(sampling: AutoSeM, useful: int, epochs: int, seed: int = 0) -> When:
    """Epochs in which the first table gets better on dev by the turns of `useful` alone."""
    when = When(0, epochs, [], [["main"], ["a"], ["b"]], seed)
    gap = 0.5
    for epoch in range(epochs):
        when = replace(when, epoch=epoch)
        gap += -0.01 if turn(sampling, when) == useful else 0.01
        others = np.random.default_rng(epoch).random(2).tolist()  # what others do on dev is chance
        when = replace(when, epoch=epoch + 1, gaps=[*when.gaps, [gap, *others]])
    return when


def test_a_turn_is_a_share_of_the_epoch() -> None:
    quotas = AutoSeM(share=0.25).quotas(SIZES, When(3, 9))
    plain = np.array(Temperature(2.0).quotas(SIZES))
    more = np.array(quotas) - 0.75 * plain
    assert sorted(more.tolist()) == pytest.approx([0, 0, 150], abs=1.5)


def test_counts_by_hand() -> None:
    sampling = AutoSeM(decay=0.5)
    gaps = [[0.5, 0.9], [0.5, 0.1], [0.6, 0.0]]  # after the first: no fall, then a fall
    when = When(3, 9, gaps, [["main"], ["a"]])
    first, second = (turn_of(sampling, when, epoch) for epoch in (1, 2))
    expected = np.ones((2, 2))
    expected[first, 0] += 1
    expected = (expected + 1) / 2
    expected[second, 1] += 1
    found = replace(sampling, main="main").counts(2, when)
    assert found.tolist() == expected.tolist()


def turn_of(sampling: AutoSeM, when: When, epoch: int) -> int:
    earlier = replace(when, epoch=epoch, gaps=when.gaps[:epoch])
    return int(np.argmax(replace(sampling, main="main").quotas([300, 300], earlier)))


def test_without_a_main_task_all_of_them_judge() -> None:
    when = When(2, 9, [[0.5, 0.5], [0.4, 0.7]], [["main"], ["a"]])
    a, b = AutoSeM(main="main").counts(2, when).sum(0)
    assert (a, b) == (pytest.approx(2 + 1), 2)
    a, b = AutoSeM().counts(2, when).sum(0)
    assert (a, b) == (2, pytest.approx(2 + 1))


def test_the_first_epoch_judges_nobody() -> None:
    assert AutoSeM().counts(2, When(1, 9, [[0.5, 0.5]])).tolist() == [[1, 1], [1, 1]]


@pytest.mark.slow
@pytest.mark.parametrize("useful", [0, 1, 2])
def test_turns_go_to_the_table_that_helps(useful: int) -> None:
    sampling = AutoSeM(main="main")
    turns = []
    for seed in range(5):
        when = lived(sampling, useful, 60, seed)
        turns += [turn(sampling, before) for before in list(when.before())[20:]]
        counts = sampling.counts(3, when)
        assert int(np.argmax(counts[:, 0] / counts.sum(1))) == useful
    assert turns.count(useful) > 0.7 * len(turns)


def test_the_seed_decides_the_turns() -> None:
    def turns(seed: int) -> list[int]:
        return [turn(AutoSeM(), When(epoch, 20, seed=seed)) for epoch in range(20)]

    assert turns(0) == turns(0)
    assert turns(0) != turns(1)
    assert set(turns(0)) == {0, 1, 2}


def test_a_main_task_that_is_not_trained_is_refused() -> None:
    task = Task("b", "rows", (Column("text"),), "label", "binary", "accuracy")
    AutoSeM(main="b").suits([task])
    AutoSeM().suits([task])
    with pytest.raises(ConfigError, match=r"its `main` task.*found `main` 'a' and b"):
        AutoSeM(main="a").suits([task])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"share": 0.0}, r"`share` is above 0 and at most 1; found 0\.0"),
        ({"decay": 1.0}, r"`decay` is at least 0 and below 1; found 1\.0"),
        ({"temperature": 0.5}, "`temperature` is at least 1"),
    ],
)
def test_values_out_of_range_are_refused(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        AutoSeM(**arguments)
