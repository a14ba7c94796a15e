"""Tables in the making."""

import polars as pl
import pytest

from polytask._errors import ConfigError, DataError
from polytask.tasks.entry import Entry
from polytask.tasks.loading_sources import memory_sources
from polytask.tasks.loading_tables import Wish, draft

ROWS = [
    {"t": f"word {i}" if i else "", "y": "ab"[i % 2], "who": i // 2, "s": "train"}
    for i in range(20)
]


def made(entry, *, stated=True, rows=ROWS):
    (source,) = memory_sources(pl.DataFrame(rows))
    return draft(source, [Wish(entry, source, stated=stated)])


def test_usable_rows_groups_and_places():
    found = made(Entry("y", inputs=("t",), target="y", group="who", split="s"))
    assert found.frame.height == 19
    assert found.groups[:2] == ["0", "1"]
    assert found.given.tolist() == ["train"] * 19
    assert found.place(0) == "row:2"
    assert found.labelled.all()
    assert [finding.code for finding in found.findings] == ["bad_row"]


def test_a_recognised_target_that_fails_is_left_out_and_said():
    found = made(Entry("s", inputs=("t",), target="s"), stated=False)
    assert found.tasks == {}
    assert found.findings[-1].code == "left_out"
    with pytest.raises(DataError, match=r"'s' .* constant"):
        made(Entry("s", inputs=("t",), target="s", kind="multiclass"))


def test_refused():
    with pytest.raises(ConfigError, match=r"Task 't' has the name of its own input"):
        made(Entry("t", inputs=("t",), target="y"))
    with pytest.raises(ConfigError, match=r"both `input` and `target`"):
        made(Entry("x", inputs=("t",), target="t"))
    with pytest.raises(ConfigError, match=r"'y' is both `group` and `target`.*leave `group` out"):
        made(Entry("y", inputs=("t",), target="y", group="y"))
    with pytest.raises(DataError, match=r"no column 'tt'"):
        made(Entry("y", inputs=("tt",), target="y"))
    with pytest.raises(DataError, match=r"row:1: no row has a usable input; 't' is empty"):
        made(Entry("y", inputs=("t",), target="y"), rows=[{"t": "", "y": "a"}])
    with pytest.raises(DataError, match=r"column 'y': 'a' names no split"):
        made(Entry("s", inputs=("t",), target="who", split="y"))
