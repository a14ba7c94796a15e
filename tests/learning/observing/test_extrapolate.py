from __future__ import annotations

import pytest

from polytask.learning.observing.extrapolate import Extrapolate, forecast
from polytask.learning.observing.observer import Seen


def test_a_geometric_curve_is_foretold_exactly() -> None:
    curve = [1 - 0.5**epoch for epoch in range(8)]
    assert forecast(*curve[:3], 5) == pytest.approx(curve[7])


def test_it_stops_where_too_little_is_expected_and_says_what() -> None:
    change = Extrapolate().look(Seen(9, [0.5, 0.7, 0.701], [], []))
    assert change is not None
    assert change.stop
    assert change.reason.startswith("dev at 70.1 would come to 70.1 in the 6 epochs left")
    assert Extrapolate().look(Seen(9, [0.5, 0.7], [], [])) is None
    assert Extrapolate().look(Seen(9, [0.5, float("-inf"), 0.6], [], [])) is None
