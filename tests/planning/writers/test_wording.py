import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polytask.planning.writers.wording import WIDTH, about, block, figures, listed, plain, quoted


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_name_survives_as_a_literal_and_cannot_leave_a_docstring(text):
    assert ast.literal_eval(quoted(text)) == text
    found = plain(text)
    assert "\n" not in found
    assert ast.get_docstring(ast.parse(f'"""About {found}."""'), clean=False) == f"About {found}."


@given(st.lists(st.integers(0, 10**6), max_size=80))
def test_blocks_are_python_and_not_too_wide(numbers):
    lines = block("A = [", map(str, numbers), "]")
    assert ast.literal_eval("\n".join(lines).removeprefix("A = ")) == numbers
    assert max(map(len, lines)) <= WIDTH


def test_long_lists_are_counted():
    assert listed(list("abcdef")) == "a, b, c, d, e, f"
    assert listed(list("abcdefg")) == "a, b, c, d, e and 2 more"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.1, "1s"), (19.4, "19s"), (44.0, "40s"), (599.0, "10m"), (3700.0, "1h2m")],
)
def test_expectations_are_rough(seconds, told):
    assert about(seconds) == f"about {told}"


def test_figures_of_a_task_are_one_line(task):
    assert figures(task("x", rows=13084, folds=5)) == (
        "multiclass by accuracy on text (en), 5 classes; "
        "13,084 rows to learn from, 1,308 dev, 5 folds"
    )
    assert "classes" not in figures(task("x", kind="regression", classes=0))
