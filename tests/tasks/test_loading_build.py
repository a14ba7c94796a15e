"""Task sets from wishes: what is shared, what is left out, what is refused."""

import polars as pl
import pytest

from polytask._errors import DataError
from polytask.tasks.entry import Entry
from polytask.tasks.loading_build import build
from polytask.tasks.loading_sources import memory_sources
from polytask.tasks.loading_tables import Wish

ROWS = [
    {"t": f"word {i}", "u": f"other {i}", "y": "ab"[i % 2], "z": None if i > 2 else "ab"[i % 2]}
    for i in range(40)
]


def wishes(*entries, stated=True):
    (source,) = memory_sources(pl.DataFrame(ROWS))
    return [Wish(entry, source, stated=stated) for entry in entries]


def test_the_same_inputs_share_a_table_and_others_do_not():
    one, two, three = (
        Entry("one", inputs=("t",), target="y"),
        Entry("two", inputs=("t",), target="y", map={"a": "c"}),
        Entry("three", inputs=("u",), target="y"),
    )
    taskset = build(wishes(one, two, three), "memory", 0)
    assert list(taskset) == ["one", "two", "three"]
    assert taskset["one"].table == taskset["two"].table == "data"
    assert taskset["three"].table == "data_u"
    assert taskset["two"].labels == ("b", "c")


def test_too_few_labels_are_refused_or_left_out():
    few = Entry("z", inputs=("t",), target="z")
    with pytest.raises(DataError, match=r"Task 'z' \(data\): it has 3 labelled rows"):
        build(wishes(few), "memory", 0)
    enough = Entry("y", inputs=("t",), target="y")
    taskset = build(wishes(enough, few, stated=False), "memory", 0)
    assert list(taskset) == ["y"]
    assert any(f.code == "left_out" and "'z'" in f.message for f in taskset.findings)
    with pytest.raises(DataError, match=r"no task is left to learn: The column 'z'"):
        build(wishes(few, stated=False), "memory", 0)


def test_the_metric_is_the_users_or_the_kinds():
    entries = [
        Entry("one", inputs=("t",), target="y", metric="auroc"),
        Entry("two", inputs=("t",), target="y"),
    ]
    taskset = build(wishes(*entries), "memory", 0)
    assert (taskset["one"].metric, taskset["two"].metric) == ("auroc", "accuracy")
