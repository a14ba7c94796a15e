from __future__ import annotations

import pytest

from polytask._errors import ConfigError
from polytask.learning.sampling.proportional import Proportional
from polytask.learning.sampling.temperature import Temperature


def test_temperature_one_is_proportional() -> None:
    assert Temperature(1.0).quotas([700, 20]) == Proportional().quotas([700, 20]) == [700, 20]
    assert Temperature(1.0).factor(7, 100) == pytest.approx(1.0)


def test_a_high_temperature_visits_all_tables_equally_often() -> None:
    assert Temperature(1e9).quotas([990, 10]) == [500, 500]
    assert Temperature(1e9).factor(10, 100) == pytest.approx(10.0)


def test_below_one_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"`temperature` is at least 1; found 0\.5"):
        Temperature(0.5)
