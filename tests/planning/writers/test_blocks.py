import ast

import pytest

from polytask.planning.writers import blocks

TEXTS = {name: text for name, text in vars(blocks).items() if name.isupper()}


@pytest.mark.parametrize("name", [name for name in TEXTS if name != "SHARING"])
def test_blocks_are_python_with_lines_of_house_width(name):
    ast.parse(TEXTS[name])
    assert max(map(len, TEXTS[name].splitlines())) <= 100


def test_the_plain_score_can_be_replaced_by_the_scaled_one():
    assert blocks.ATTEMPT.count(blocks.PLAIN_SCORE) == 1
    replaced = blocks.ATTEMPT.replace(blocks.PLAIN_SCORE, blocks.SCALED_SCORE)
    ast.parse(replaced)
    assert "SCALE" in replaced


@pytest.mark.parametrize("scaling", ["", " / abs(SCALE.get(task, 1.0))"])
def test_gains_are_scaled_like_scores(scaling):
    assert blocks.SHARING.count("SCALING") == 1
    ast.parse(blocks.SHARING.replace("SCALING", scaling))
