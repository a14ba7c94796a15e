from __future__ import annotations

import pytest

from polytask._errors import ConfigError
from polytask.learning.balancing.uncertainty import Uncertainty
from polytask.workflow.operations.recipes import build


def test_a_recipe_is_built_from_its_text_with_its_parts():
    made = build("FineTune(epochs=2, balancer=Uncertainty())")
    assert made.epochs == 2  # type: ignore[attr-defined]
    assert str(build(str(made))) == str(made)
    assert isinstance(made.balancer, Uncertainty)  # type: ignore[attr-defined]


def test_an_unknown_recipe_offers_the_nearest():
    with pytest.raises(ConfigError, match=r"'FineTun'.*'FineTune'"):
        build("FineTun()")
