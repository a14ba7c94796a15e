from __future__ import annotations

import pytest

from polytask.planning.masking import with_quotes_of, without_cells


def test_cells_do_not_stand_in_messages():
    long = "I told them 'twice' already that this is what I do not want"
    message = f"a.csv:3: column 'age' is no number, found 'Ann'; near {long!r}"
    message += "; missing: a.csv:8 ('Bob'), column 'n': 'Eve' is none"
    assert without_cells(message) == (
        "a.csv:3: column 'age' is no number, found …; near …; missing: a.csv:8 (…), "
        "column 'n': … is none"
    )


@pytest.mark.parametrize("cell", ["Ann", "it's", 'says "no"', "a\\b", "两\n行", "\\N"])
def test_only_what_is_known_is_quoted(cell):
    message = f"The user's file a.csv:3, column '年龄' of \"it's\": {cell!r} is the task's fault"
    found = with_quotes_of(["年龄", "it's"] if cell != "it's" else ["年龄"], message)
    assert repr(cell) not in found
    assert "column '年龄' of" in found
    assert found.endswith(": … is the task's fault")
    assert ('"it\'s"' in found) == (cell != "it's")
