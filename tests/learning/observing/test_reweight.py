from __future__ import annotations

from polytask.learning.observing.observer import Change, Seen
from polytask.learning.observing.reweight import Reweight

GAPS = [{"a": 0.2, "b": 0.5}, {"a": 0.25, "b": 0.3}]


def test_the_task_that_fell_counts_for_more_up_to_a_bound() -> None:
    change = Reweight().look(Seen(9, [0.65, 0.72], GAPS, []))
    assert change is not None
    assert change.weights == {"a": 2.0}
    assert change.reason == "a fell by 5.0 points from its best on dev: its loss × 2"
    twice = [(1, Change("", weights={"a": 4.0}))]
    assert Reweight().look(Seen(9, [0.65, 0.72], GAPS, [], twice)) is None


def test_a_dropped_task_stays_dropped() -> None:
    dropped = [(1, Change("", weights={"a": 0.0}))]
    assert Reweight().look(Seen(9, [0.65, 0.72], GAPS, [], dropped)) is None
