from __future__ import annotations

import math

from polytask.learning.observing.observer import Seen
from polytask.learning.observing.rescue import Rescue


def test_a_deep_fall_goes_back_with_lower_rates() -> None:
    change = Rescue().look(Seen(9, [0.8, 0.6], [], [{"a": 0.4}] * 2))
    assert change is not None
    assert (change.back, change.rate) == (True, 0.3)
    assert change.reason.startswith("dev fell by 20.0 points from 80.0: back")


def test_a_loss_that_is_no_number_goes_back() -> None:
    change = Rescue().look(Seen(9, [0.8, 0.79], [], [{"a": 0.4}, {"a": math.nan}]))
    assert change is not None
    assert change.reason.startswith("the loss of a is no finite number")


def test_a_small_fall_and_a_first_epoch_are_let_be() -> None:
    assert Rescue().look(Seen(9, [0.8, 0.76], [], [{"a": 0.4}] * 2)) is None
    assert Rescue().look(Seen(9, [0.1], [], [{"a": math.inf}])) is None
