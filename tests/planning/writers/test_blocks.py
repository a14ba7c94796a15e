import ast
from difflib import ndiff

import pytest

from polytask.planning.writers import blocks

TEXTS = {name: text for name, text in vars(blocks).items() if name.isupper() and name[0] != "_"}


@pytest.mark.parametrize("name", TEXTS)
def test_blocks_are_whole_statements_with_lines_of_house_width(name):
    assert ast.parse(TEXTS[name]).body
    assert TEXTS[name].endswith("\n")
    assert max(map(len, TEXTS[name].splitlines())) <= 100


@pytest.mark.parametrize(
    ("one", "other", "lines"),
    [
        ("ATTEMPT", "ATTEMPT_ALONE", 2),  # joint parts are kept apart
        ("PLAIN_SCORE", "SCALED_SCORE", 4),
        ("PLAIN_GAINS", "SCALED_GAINS", 4),
        ("FINISH", "FINISH_REPEATED", 2),
    ],
)
def test_variants_differ_in_nothing_else(one, other, lines):
    changed = ndiff(TEXTS[one].splitlines(), TEXTS[other].splitlines())
    assert sum(line[0] in "+-" for line in changed) == lines
