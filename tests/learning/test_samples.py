from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from polytask.learning.samples import evenly


@given(st.integers(0, 500), st.integers(1, 100))
def test_each_stretch_gives_one_row(count: int, most: int) -> None:
    found = evenly(count, most)
    assert len(found) == min(count, most)
    assert np.array_equal(found, evenly(count, most))
    assert np.all(np.diff(found) > 0)
    taken = len(found)
    if taken:
        ends = np.arange(taken + 1) * count // taken
        assert np.all((ends[:-1] <= found) & (found < ends[1:]))


def test_neither_sorted_rows_nor_rows_in_turn_are_one_sided() -> None:
    found = evenly(20_000, 1_000)
    assert np.mean(found < 10_000) == 0.5
    assert 0.4 < np.mean(found % 2) < 0.6
