from __future__ import annotations

import pytest

from polytask.learning.sampling.dev_progress import DevProgress
from polytask.learning.sampling.sampling import When
from polytask.learning.sampling.temperature import Temperature

SIZES = [400, 100]


def test_what_lags_is_seen_more() -> None:
    quotas = DevProgress().quotas(SIZES, When(1, 3, [[0.1, 0.4]]))
    assert quotas == [round(500 * 20 * 0.1 / (20 * 0.1 + 10 * 0.4)), 333]


def test_the_last_judged_epoch_counts() -> None:
    told = [[0.1, 0.4], [0.3, 0.3]]
    assert DevProgress().quotas(SIZES, When(2, 3, told)) == Temperature(2.0).quotas(SIZES)


def test_before_dev_tells_and_without_strength_it_is_temperature() -> None:
    plain = Temperature(2.0).quotas(SIZES)
    assert DevProgress().quotas(SIZES, When(0, 3)) == plain
    assert DevProgress(strength=0.0).quotas(SIZES, When(1, 3, [[0.1, 0.9]])) == plain


def test_a_table_that_is_learned_is_still_seen() -> None:
    first, second = DevProgress().quotas(SIZES, When(1, 3, [[0.0, 5.0]]))
    assert first / second == pytest.approx(2 * 0.05, rel=0.05)
