from __future__ import annotations

from dataclasses import replace

import pytest

from polytask.learning.heads.choosing import chosen
from polytask.learning.losses.crf import CRF
from polytask.learning.losses.focal import Focal


@pytest.mark.parametrize(
    ("task", "own", "wanted", "expected"),
    [
        ("slots", "", None, "None"),
        ("slots", "CRF()", None, "CRF()"),
        ("slots", "CRF()", Focal(gamma=1.0), "Focal(gamma=1.0)"),
        ("score", "Huber(delta=2.0)", Focal(), "Huber(delta=2.0)"),
        ("intent", "", CRF(), "None"),
    ],
)
def test_the_recipe_comes_before_the_task_where_it_fits(world, task, own, wanted, expected) -> None:
    assert str(chosen(replace(world.tasks[task], loss=own), wanted)) == expected
