from __future__ import annotations

from polytask.learning.observing.drop_task import DropTask
from polytask.learning.observing.observer import Change, Seen


def seen(a: list[float], b: list[float], changes=()) -> Seen:
    gaps = [{"a": one, "b": two} for one, two in zip(a, b, strict=True)]
    return Seen(9, [0.5] * len(a), gaps, [], changes)


def test_a_task_that_stands_still_is_dropped() -> None:
    change = DropTask().look(seen([0.2, 0.2, 0.21], [0.5, 0.4, 0.3]))
    assert change is not None
    assert change.weights == {"a": 0.0}
    assert "a has not improved on dev for 2 epochs, 21.0 points from perfect" in change.reason


def test_one_task_always_goes_on() -> None:
    change = DropTask().look(seen([0.2, 0.3, 0.3, 0.3], [0.2, 0.1, 0.3, 0.3]))
    assert change is not None
    assert change.weights == {"a": 0.0}
    dropped = [(3, change)]
    assert DropTask().look(seen([0.2] * 4, [0.2] * 4, dropped)) is None


def test_a_change_of_others_does_not_matter() -> None:
    changes = [(2, Change("", rate=0.5))]
    assert DropTask().look(seen([0.3, 0.2], [0.3, 0.2], changes)) is None
