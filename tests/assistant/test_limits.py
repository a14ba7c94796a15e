"""No path leaves the root, no budget passes the limit, no cell stands in a message."""

from __future__ import annotations

import pytest

from polytask._errors import BudgetError, ConfigError, DataError
from polytask.assistant.limits import LENGTH, Limits, page


@pytest.fixture
def places(tmp_path):
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "secret.csv").write_text("text,mood\na,b\n")
    (root / "rows.csv").write_text("text,mood\na,b\n")
    return root, outside


def test_paths_stay_below_the_root(places):
    root, outside = places
    (root / "link").symlink_to(outside)
    limits = Limits(root)
    assert limits.path("rows.csv") == root / "rows.csv"
    assert limits.path(root / "new" / "file") == root / "new" / "file"
    for written in ("..", "../outside/secret.csv", outside / "secret.csv", "link/secret.csv"):
        with pytest.raises(ConfigError, match="Paths stay below the folder"):
            limits.path(written)
    with pytest.raises(ConfigError, match="no usable path"):
        limits.path("a\0b")


def test_files_that_a_source_names_stay_below_the_root(places):
    root, outside = places
    limits = Limits(root)
    assert limits.source("rows.csv") == root / "rows.csv"
    (root / "folder").mkdir()
    (root / "folder" / "linked.csv").symlink_to(outside / "secret.csv")
    (root / "tasks.yaml").write_text("tasks: {mood: {data: ../outside/secret.csv, target: mood}}")
    (root / "plan.py").write_text('t = tasks("tasks.yaml")\n')
    (root / "far.py").write_text('t = tasks("../outside/tasks.yaml")\n')
    (root / "program.yaml").write_text(
        "tasks: {mood: {program: '../outside/p.py', data: rows.csv, target: mood}}"
    )
    for written in ("folder", "tasks.yaml", "plan.py", "far.py", "program.yaml"):
        with pytest.raises(ConfigError, match="Paths stay below the folder"):
            limits.source(written)
    with pytest.raises(DataError):
        limits.source("nowhere.csv")


def test_budgets_are_capped(places):
    limits = Limits(places[0], "10m")
    assert limits.budget("10m") == "10m"
    with pytest.raises(BudgetError, match=r"at most 10m here; found 11m: .*--max-budget"):
        limits.budget("11m")
    with pytest.raises(ConfigError, match="A budget is a time"):
        limits.budget("soon")


def test_wrong_limits_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="`--root` is a folder"):
        Limits(tmp_path / "none")
    with pytest.raises(ConfigError, match="A budget is a time"):
        Limits(tmp_path, "never")


def test_cells_do_not_stand_in_messages(tmp_path):
    long = "I told them 'twice' already that this is what I do not want"
    message = f"a.csv:3: column 'age' is no number, found 'Ann'; near {long!r}"
    message += "; missing: a.csv:8 ('Bob'), column 'n': 'Eve' is none"
    hidden = Limits(tmp_path).told(message)
    assert "Ann" not in hidden
    assert "Bob" not in hidden
    assert "column 'n': … is none" in hidden
    assert "twice" not in hidden
    assert "a.csv:3: column 'age' is no number" in hidden
    assert Limits(tmp_path, share_rows=True).told(message) == message
    nested = {"notes": [message], "n": 3}
    assert Limits(tmp_path).told_all(nested) == {"notes": [hidden], "n": 3}


def test_long_answers_are_cut_and_read_on():
    text = "ab" * LENGTH
    first = page(text, 0)
    assert first.startswith(text[:LENGTH])
    assert first.endswith(f"go on with start={LENGTH}]")
    assert page(text, LENGTH) == text[LENGTH:]
    with pytest.raises(ConfigError, match="`start` is between 0 and"):
        page(text, -1)
