from __future__ import annotations

import numpy as np
import pytest

from polytask.learning.batches import TrainTable, drawn
from polytask.learning.encoders.encoder import Prepared
from polytask.learning.sampling.curriculum import Curriculum
from polytask.learning.sampling.sampling import When


def test_the_competence_is_that_of_the_paper() -> None:
    found = [Curriculum(start=0.1).pool(When(epoch, 5)) for epoch in range(5)]
    expected = [min(1, (t * (1 - 0.1**2) + 0.1**2) ** 0.5) for t in (0, 0.25, 0.5, 0.75, 1)]
    assert found == pytest.approx(expected)


def test_short_rows_come_first_and_long_ones_last() -> None:
    lengths = np.random.default_rng(0).permutation(100)
    table = {"t": TrainTable(Prepared(list(lengths), lengths), {}, {})}
    longest = []
    for epoch in range(4):
        rows = drawn(table, Curriculum(start=0.2), seed=0, when=When(epoch, 4))["t"]
        assert len(rows) == 100
        longest.append(int(lengths[rows].max()))
    assert longest[0] == 19
    assert longest == sorted(longest)
    assert longest[-1] == 99
