from __future__ import annotations

import numpy as np
import pytest

from polytask.learning.sampling.annealed import Annealed
from polytask.learning.sampling.sampling import When
from polytask.learning.sampling.temperature import Temperature

SIZES = [900, 100, 9]


def test_the_power_falls_linearly_as_in_the_paper() -> None:
    """alpha = 1 - 0.8 (e - 1) / (E - 1) in the e-th of E epochs."""
    for epoch in range(5):
        alpha = 1 - 0.8 * epoch / 4
        found = Annealed().shares(SIZES, When(epoch, 5))
        assert found == pytest.approx(np.array(SIZES) ** alpha)


def test_it_ends_where_its_end_says() -> None:
    assert Annealed(end=2.0).quotas(SIZES, When(3, 4)) == Temperature(2.0).quotas(SIZES)
    assert Annealed(end=2.0).factor(10, 100) == Temperature(2.0).factor(10, 100)


def test_a_single_epoch_is_that_of_the_start() -> None:
    assert Annealed(start=3.0).quotas(SIZES, When(0, 1)) == Temperature(3.0).quotas(SIZES)
