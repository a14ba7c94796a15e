from __future__ import annotations

from polytask.learning.sampling.proportional import Proportional


def test_rows_count_as_they_are() -> None:
    assert Proportional().size(7) == 7.0
    assert str(Proportional()) == "Proportional()"
