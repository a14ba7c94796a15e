from __future__ import annotations

from polytask.learning.observing.observer import Change, Seen


def test_weights_of_a_task_multiply() -> None:
    changes = [(1, Change("", weights={"a": 2.0})), (2, Change("", weights={"a": 2.0, "b": 0.0}))]
    seen = Seen(5, [0.1, 0.2], [], [], changes)
    assert [seen.weight(task) for task in "abc"] == [4.0, 0.0, 1.0]


def test_epochs_since_the_best_begin_anew_with_a_change() -> None:
    means = [0.7, 0.6, 0.6, 0.6]
    assert Seen(9, means, [], []).since_best() == 3
    assert Seen(9, means, [], [], [(3, Change(""))]).since_best() == 1
